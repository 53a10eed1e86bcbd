import { expect, test } from "vitest";
import { Circuit } from "../../src/graph/circuit";
import { shape } from "./shapes";

const meta = { name: "toy", version: "1", source: "by hand" };
const small = shape(2, 2);

test("elements are unique, in the order of the graph, with the union of their positions (G4)", () => {
  const circuit = Circuit.ofEdges(
    small,
    ["a0.h1->logits@S2", "input->a0.h1<v>", { name: "a0.h1->logits", at: ["end", "S2"] }],
    meta,
  );
  expect(circuit.elements).toEqual([
    { name: "input->a0.h1<v>" },
    { name: "a0.h1->logits", at: ["S2", "end"] },
  ]);
  expect(circuit).toMatchObject({ ...meta, component: "edge", derivation: [] });
});

test("an element given at a position and everywhere is everywhere (G4)", () => {
  const circuit = Circuit.ofNodes(small, ["m0@3", "m0"], meta);
  expect(circuit.elements).toEqual([{ name: "m0" }]);
  expect(circuit.hasPositions).toBe(false);
});

test("size counts elements, sizeAtPositions pairs, sizeAt pairs of a length (G4)", () => {
  const circuit = Circuit.ofEdges(small, ["input->m0", "m0->logits@1", "m0->logits@4"], meta);
  expect(circuit.size).toBe(2);
  expect(circuit.sizeAtPositions).toBe(3);
  expect(circuit.sizeAt(5)).toBe(5 + 2);
  expect(() => circuit.sizeAt(4)).toThrow("circuit: m0->logits is at 4, not an index below 4");
});

test("unknown nodes and edges are errors (G8)", () => {
  expect(() => Circuit.ofEdges(small, ["a0.h5->logits"], meta)).toThrow(/no source "a0\.h5"/);
  expect(() => Circuit.ofNodes(small, ["logits"], meta)).toThrow(/no source "logits"/);
  expect(() => Circuit.ofNodes(small, [{ name: "m0", at: [] }], meta)).toThrow(/at no position/);
  const circuit = Circuit.ofNodes(small, ["m0"], meta);
  expect(() => circuit.has("m2")).toThrow(/no source "m2"/);
});

test("has asks for an element at a position or at any (G4)", () => {
  const circuit = Circuit.ofEdges(small, ["input->m0", "m0->logits@end"], meta);
  expect(circuit.has("input->m0", "S2")).toBe(true);
  expect(circuit.has("m0->logits")).toBe(true);
  expect(circuit.has("m0->logits", "end")).toBe(true);
  expect(circuit.has("m0->logits", "S2")).toBe(false);
  expect(circuit.has("m1->logits")).toBe(false);
});

test("kept marks the edges, and of node circuits every edge whose source is a member (G4)", () => {
  const edges = Circuit.ofEdges(small, ["a1.h0->m1", "m1->logits@end"], meta);
  expect(edges.kept().reduce((sum, one) => sum + one)).toBe(2);
  expect(edges.kept()[edges.graph.edge("a1.h0->m1")]).toBe(1);
  const nodes = Circuit.ofNodes(small, ["a1.h0", "m0@end"], meta);
  const names = [...nodes.kept().entries()].flatMap(([edge, kept]) =>
    kept === 1 ? [nodes.graph.edgeName(edge)] : [],
  );
  // Of a1.h0: m1 and the logits. Of m0: six inputs of heads in layer 1, m1 and the logits.
  expect(names).toHaveLength(2 + 8);
  expect(names.every((name) => /^(a1\.h0|m0)->/.test(name))).toBe(true);
});

test("positions resolve to the indices of one prompt (G6)", () => {
  const circuit = Circuit.ofEdges(small, ["input->m0", "m0->logits@S1..S1+1", "m0->m1@end"], meta);
  const resolved = circuit.resolve({ S1: 2, end: 5 });
  expect(resolved.elements).toEqual([
    { name: "input->m0" },
    { name: "m0->m1", at: [5] },
    { name: "m0->logits", at: [2, 3] },
  ]);
  expect(resolved.derivation).toEqual(["positions resolved"]);
  expect(() => circuit.resolve({ S1: 2 })).toThrow(/no position "end"/);
});

test("a circuit of 32,491 edges is built, complemented and pruned", () => {
  const gpt2 = shape(12, 12);
  const { graph } = Circuit.ofEdges(gpt2, [], meta);
  const names = Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
  const full = Circuit.ofEdges(gpt2, names, meta);
  expect(full.pruned().circuit.size).toBe(32_491);
  expect(full.complement().size).toBe(0);
});
