import { expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../../test/golden";
import { Circuit } from "../../../src/graph/circuit";
import {
  fromAutoCircuit,
  fromAutoCircuitName,
  toAutoCircuit,
  toAutoCircuitName,
} from "../../../src/graph/names/auto-circuit";
import { shape } from "../shapes";

const meta = { name: "toy", version: "1" };

test.each([
  ["input", "Resid Start"],
  ["a0.h1", "A0.1"],
  ["a10.h11<q>", "A10.11.Q"],
  ["m3", "MLP 3"],
  ["logits", "Resid End"],
  ["a0.h1->a2.h3<k>", "A0.1->A2.3.K"],
  ["input->m11", "Resid Start->MLP 11"],
])("%s is %s and back (G4)", (ours, theirs) => {
  expect(toAutoCircuitName(ours)).toBe(theirs);
  expect(fromAutoCircuitName(theirs)).toBe(ours);
});

test("circuits go out and come back, an edge for each position (G4)", () => {
  const circuit = Circuit.ofEdges(shape(2, 2), ["input->a1.h0<v>@3", "a1.h0->logits"], meta);
  const edges = toAutoCircuit(
    circuit.union(Circuit.ofEdges(shape(2, 2), ["input->a1.h0<v>@5"], meta)),
  );
  expect(edges).toEqual([
    { name: "Resid Start->A1.0.V", seqIdx: 3 },
    { name: "Resid Start->A1.0.V", seqIdx: 5 },
    { name: "A1.0->Resid End" },
  ]);
  expect(fromAutoCircuit(shape(2, 2), edges, meta).elements).toEqual([
    { name: "input->a1.h0<v>", at: [3, 5] },
    { name: "a1.h0->logits" },
  ]);
});

test("joint inputs have no letter (G4)", () => {
  const joint = shape(2, 2, { inputs: "joint" });
  const circuit = fromAutoCircuit(joint, ["Resid Start->A1.0"], meta);
  expect(circuit.elements).toEqual([{ name: "input->a1.h0" }]);
  expect(toAutoCircuit(circuit)).toEqual([{ name: "Resid Start->A1.0" }]);
});

test("what AutoCircuit cannot name is refused, and so is what we cannot (G4, G8)", () => {
  expect(() => toAutoCircuitName("a0.kv1<k>")).toThrow('AutoCircuit: no name for "a0.kv1<k>"');
  expect(() => fromAutoCircuitName("Resid Mid 0")).toThrow('"Resid Mid 0" is not a node');
  const of = shape(2, 2);
  expect(() => fromAutoCircuit(of, ["A0.7->Resid End"], meta)).toThrow(/no source "a0\.h7"/);
  const named = Circuit.ofEdges(of, ["m0->logits@end"], meta);
  expect(() => toAutoCircuit(named)).toThrow('m0->logits is at "end"; use resolve first');
  expect(() => toAutoCircuit(named.toNodes())).toThrow(/edges are exported, not nodes/);
});

test("the edges of a real AutoCircuit graph are all of ours (G4)", () => {
  const { edges } = readJson<{ edges: string[] }>(goldenPath("eap/auto_circuit.json"));
  const circuit = fromAutoCircuit(shape(3, 4), edges, meta);
  expect(circuit.graph.edgeCount).toBe(edges.length);
  expect(circuit.size).toBe(edges.length);
  expect(new Set(toAutoCircuit(circuit).map(({ name }) => name))).toEqual(new Set(edges));
});
