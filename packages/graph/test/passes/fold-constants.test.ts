import { Builder, evaluate, foldConstants } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

test("a chain of constants becomes one initializer", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const w = b.initializer("w", tensor([1, 2]));
  const chain = b.named("folded", b.add(b.mul(w, 3), 1));
  const graph = foldConstants(b.build([b.named("y", b.mul(x, chain))]));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Mul"]);
  expect([...graph.initializers.keys()]).toEqual(["folded"]);
  // ([1, 2] * 3 + 1) * [10, 10]
  expect(evaluate(graph, { x: tensor([10, 10]) }).y!.toArray()).toEqual([40, 70]);
});

test("Constant nodes fold, and a fold keeps the dtype", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [3]);
  const [index] = b.node("Constant", [], { value: tensor([2, 0], { dtype: "int64" }) });
  const graph = foldConstants(b.build([b.named("y", b.gather(x, b.add(index!, b.ints([0, 1]))))]));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Gather"]);
  const [folded] = [...graph.initializers.values()];
  expect(folded).toMatchObject({ dtype: "int64", shape: [2] });
  expect(evaluate(graph, { x: tensor([7, 8, 9]) }).y!.toArray()).toEqual([9, 8]);
});

test("a result beyond maxBytes is not computed, however few bytes ask for it", () => {
  const b = new Builder();
  // 2^40 elements: evaluating this would end the process.
  const [huge] = b.node("ConstantOfShape", [b.ints([2 ** 20, 2 ** 20])]);
  const graph = b.build([b.named("y", b.sum(huge!))]);
  expect(foldConstants(graph)).toBe(graph);
});

test("maxBytes counts bytes of the result", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [4]);
  const graph = b.build([b.named("y", b.add(x, b.neg(b.initializer("w", tensor([1, 2, 3, 4])))))]);
  // 4 float32 are 16 bytes.
  expect(foldConstants(graph, { maxBytes: 15 }).nodes.length).toBe(2);
  expect(foldConstants(graph, { maxBytes: 16 }).nodes.length).toBe(1);
});

test("an initializer that an input may override is no constant", () => {
  const b = new Builder();
  b.input("w", "float32", [1]);
  b.initializer("v", tensor([1]));
  const built = b.build([b.named("y", b.exp(b.neg(b.value("w"))))]);
  const graph = { ...built, initializers: new Map([["w", tensor([1])]]) };
  expect(foldConstants(graph)).toBe(graph);
});

test("what makes an output, holds subgraphs or is unknown stays", () => {
  const b = new Builder();
  const output = b.build([b.named("y", b.neg(b.initializer("w", tensor([1]))))]);
  expect(foldConstants(output)).toBe(output);
  const choice = ifGraph();
  expect(foldConstants(choice)).toBe(choice);
});
