import { Builder, evaluate, prune } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

/** sum = x + w, product = x * y, and an initializer that nothing reads. */
function twoBranches() {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const y = b.input("y", "float32", [2]);
  const w = b.initializer("w", tensor([10, 20]));
  b.initializer("unused", tensor([1, 2, 3]));
  const sum = b.named("sum", b.add(x, w));
  const product = b.named("product", b.mul(x, y));
  return b.build([sum, product]);
}

test("pruning to one output drops the nodes, inputs and initializers of the other", () => {
  const graph = prune(twoBranches(), ["sum"]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Add"]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  expect([...graph.initializers.keys()]).toEqual(["w"]);
  expect([...graph.values.keys()].sort()).toEqual(["sum", "x"]);
  // [1, 2] + [10, 20]
  expect(evaluate(graph, { x: tensor([1, 2]) }).sum!.toArray()).toEqual([11, 22]);
});

test("without names the outputs stay and only what nothing reads is dropped", () => {
  const graph = prune(twoBranches());
  expect(graph.outputs.map(({ name }) => name)).toEqual(["sum", "product"]);
  expect([...graph.initializers.keys()]).toEqual(["w"]);
});

test("declared inputs stay on request", () => {
  const graph = prune(twoBranches(), ["sum"], { keepInputs: true });
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "y"]);
});

test("an intermediate value can become an output, with its dtype and shape", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 3]);
  const inner = b.named("inner", b.tanh(x));
  const graph = prune(b.build([b.named("y", b.exp(inner))]), ["inner"]);
  expect(graph.outputs).toEqual([{ name: "inner", dtype: "float32", shape: ["batch", 3] }]);
  expect(graph.nodes.length).toBe(1);
});

test("pruning leaves the graph that it is given as it was", () => {
  const graph = twoBranches();
  prune(graph, ["sum"]);
  expect(graph).toEqual(twoBranches());
});

test("an unknown output throws with the nearest name", () => {
  expect(() => prune(twoBranches(), ["prodct"])).toThrow(
    new RangeError('prune: no value "prodct"; did you mean "product"?'),
  );
});
