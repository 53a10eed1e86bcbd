import fc from "fast-check";
import { expect, test } from "vitest";
import { Circuit, type CircuitElement } from "../../src/graph/circuit";
import type { GraphShape } from "../../src/graph/shape";
import { shape } from "./shapes";

const meta = { name: "toy", version: "1" };

function prunedNames(of: GraphShape, edges: readonly string[]) {
  const { circuit, dropped } = Circuit.ofEdges(of, edges, meta).pruned();
  return { kept: circuit.elements.map(({ name }) => name), dropped };
}

test("an edge stays when it is on a path from the input to the logits, and the others are reported (G7)", () => {
  const { kept, dropped } = prunedNames(shape(3, 1), [
    "input->a0.h0<v>",
    "a0.h0->m1",
    "m1->logits",
    "a0.h0->a1.h0<q>", // leads nowhere: the head has no edge out
    "a2.h0->logits", // comes from nowhere
    "m0->a2.h0<k>", // comes from nowhere
  ]);
  expect(kept).toEqual(["input->a0.h0<v>", "a0.h0->m1", "m1->logits"]);
  expect(dropped.map(({ name }) => name)).toEqual([
    "a0.h0->a1.h0<q>",
    "m0->a2.h0<k>",
    "a2.h0->logits",
  ]);
});

test("pruning goes on until nothing changes: a chain without an end goes whole (G7)", () => {
  const chain = ["input->m0", "m0->m1", "m1->m2"];
  expect(prunedNames(shape(4, 1), [...chain, "m2->m3"]).kept).toEqual([]);
  expect(prunedNames(shape(4, 1), [...chain, "m2->logits"]).dropped).toEqual([]);
});

test("keys and values carry on to other positions, queries and MLPs do not (G7)", () => {
  const of = shape(2, 1);
  const at = (input: string) => ["input->m0@S2", `m0->a1.h0<${input}>@S2`, "a1.h0->logits@end"];
  expect(prunedNames(of, at("v")).dropped).toEqual([]);
  expect(prunedNames(of, at("k")).dropped).toEqual([]);
  expect(prunedNames(of, at("q")).kept).toEqual([]);
  expect(prunedNames(of, ["input->m0@1", "m0->m1@1", "m1->logits@2"]).kept).toEqual([]);
});

test("an edge loses only the positions at which it is on no path (G7)", () => {
  const { circuit, dropped } = Circuit.ofEdges(
    shape(1, 1),
    ["input->m0@1", "m0->logits@1", "m0->logits@2"],
    meta,
  ).pruned();
  expect(circuit.elements).toEqual([
    { name: "input->m0", at: [1] },
    { name: "m0->logits", at: [1] },
  ]);
  expect(dropped).toEqual([{ name: "m0->logits", at: [2] }]);
  expect(circuit.derivation).toEqual(["pruned"]);
});

test("grouped keys feed every head of their group (G7)", () => {
  const of = shape(1, 4, { nKeyValueHeads: 2 });
  expect(prunedNames(of, ["input->a0.kv1<k>", "a0.h3->logits"]).dropped).toEqual([]);
  expect(prunedNames(of, ["input->a0.kv1<k>", "a0.h1->logits"]).kept).toEqual([]);
});

test("a node stays when it is on a path of members, for which the input has to be one (G7)", () => {
  const of = shape(2, 1);
  const withInput = Circuit.ofNodes(of, ["input", "a0.h0@end", "m1"], meta).pruned();
  expect(withInput.dropped).toEqual([]);
  expect(Circuit.ofNodes(of, ["a0.h0", "m1"], meta).pruned().circuit.size).toBe(0);
});

test("pruning agrees with paths followed one by one, and pruning again drops nothing (G7)", () => {
  const of = shape(2, 2, { parallel: true });
  const all = Circuit.ofEdges(of, [], meta)
    .complement()
    .elements.map(({ name }) => name);
  const element = fc.record({
    name: fc.constantFrom(...all),
    at: fc.uniqueArray(fc.nat(2), { minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.array(element, { maxLength: 25 }), (elements) => {
      const circuit = Circuit.ofEdges(of, elements, meta);
      const { circuit: pruned, dropped } = circuit.pruned();
      expect(pruned.elements).toEqual(onPaths(circuit));
      expect(pruned.pruned().dropped).toEqual([]);
      const drops = Circuit.ofEdges(of, dropped, meta);
      expect(drops.sizeAtPositions + pruned.sizeAtPositions).toBe(circuit.sizeAtPositions);
    }),
    { seed: 2, numRuns: 200 },
  );
});

/** Follows every path from the input, edge by edge, and keeps what lies on those that arrive. */
function onPaths(circuit: Circuit): readonly CircuitElement[] {
  const steps = circuit.elements.flatMap(({ name, at = [] }) => {
    const [from, to] = name.split("->") as [string, string];
    return at.map((pos) => ({ name, from, to, pos }));
  });
  const found = new Set<(typeof steps)[number]>();
  const follow = (node: string, pos: unknown, path: readonly (typeof steps)[number][]) => {
    for (const step of steps) {
      if (step.from !== node || (pos !== "any" && step.pos !== pos)) continue;
      const next = [...path, step];
      if (step.to === "logits") for (const taken of next) found.add(taken);
      else follow(step.to.replace(/<.>$/, ""), /<[kv]>$/.test(step.to) ? "any" : step.pos, next);
    }
  };
  follow("input", "any", []);
  const kept = [...found].map(({ name, pos }) => ({ name, at: [pos] }));
  const { name, version } = circuit;
  return Circuit.ofEdges(circuit.shape, kept, { name, version }).elements;
}
