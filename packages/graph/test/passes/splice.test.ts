import { Builder, encode, evaluate, type Graph, splice } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

/** h = x w; y = h + 1; z = h h; outputs h, y, z. */
function graph(): Graph {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 2]);
  const w = b.initializer(
    "w",
    tensor([
      [1, 0],
      [0, 2],
    ]),
  );
  const h = b.named("h", b.matmul(x, w));
  return b.build([h, b.named("y", b.add(h, 1)), b.named("z", b.mul(h, h))]);
}

const x = tensor([[3, 4]]);

test("every consumer and the output of that name see the replacement", () => {
  const edited = splice(graph(), "h", (b, h) => b.mul(h, 10));
  const { h, y, z } = evaluate(edited, { x });
  // h = [3, 8] * 10; y = h + 1; z = h h
  expect(h!.toArray()).toEqual([[30, 80]]);
  expect(y!.toArray()).toEqual([[31, 81]]);
  expect(z!.toArray()).toEqual([[900, 6400]]);
});

test("what was there before keeps a name beside the replacement", () => {
  const edited = splice(graph(), "h", (b, h) => b.neg(h));
  expect(edited.nodes.map(({ op, outputs }) => [op, outputs[0]])).toEqual([
    ["MatMul", "h_before"],
    ["Neg", "h"],
    ["Add", "y"],
    ["Mul", "z"],
  ]);
  expect(edited.values.get("h")).toEqual({ name: "h", dtype: "float32", shape: ["batch", 2] });
  const { h_before } = evaluate(edited, { x }, { outputs: ["h_before"] });
  expect(h_before!.toArray()).toEqual([[3, 8]]);
});

test("a replacement may bring inputs of its own and read other values", () => {
  const edited = splice(graph(), "h", (b, h) =>
    b.add(b.mul(h, b.input("strength", "float32", [])), b.value("x")),
  );
  expect(edited.inputs.map(({ name }) => name)).toEqual(["x", "strength"]);
  // [3, 8] * 2 + [3, 4]
  const { h } = evaluate(edited, { x, strength: tensor(2) });
  expect(h!.toArray()).toEqual([[9, 20]]);
});

test("two splices of one value apply one after the other", () => {
  const once = splice(graph(), "h", (b, h) => b.add(h, 1));
  const twice = splice(once, "h", (b, h) => b.mul(h, 2));
  // ([3, 8] + 1) * 2
  expect(evaluate(twice, { x }).h!.toArray()).toEqual([[8, 18]]);
});

test("an input or initializer keeps its name for its feed, its consumers read the replacement", () => {
  const edited = splice(
    splice(graph(), "x", (b, v) => b.neg(v)),
    "w",
    (b, v) => b.mul(v, 2),
  );
  expect(edited.inputs.map(({ name }) => name)).toEqual(["x"]);
  // -[3, 4] through [[2, 0], [0, 4]]
  expect(evaluate(edited, { x }).h!.toArray()).toEqual([[-6, -16]]);
});

test("a value can be replaced by an input, a constant or another value", () => {
  const byInput = splice(graph(), "h", (b) => b.input("fed", "float32", ["batch", 2]));
  expect(evaluate(byInput, { x, fed: tensor([[5, 6]]) }).h!.toArray()).toEqual([[5, 6]]);
  const byOther = splice(graph(), "h", (b) => b.value("x"));
  expect(evaluate(byOther, { x }).y!.toArray()).toEqual([[4, 5]]);
});

test("the replacement of a value by itself changes nothing", () => {
  const original = graph();
  expect(splice(original, "h", (_, h) => h)).toBe(original);
});

test("branches of an If read the replacement", async () => {
  const edited = splice(ifGraph(), "x", (b, v) => b.mul(v, 10));
  const session = await InferenceSession.create(encode(edited));
  const { y } = await session.run({
    condition: new Tensor("bool", [1], []),
    x: new Tensor("float32", [1, 2], [2]),
  });
  // [1, 2] * 10 + 1
  expect([...(y!.data as Float32Array)]).toEqual([11, 21]);
});

test("mistakes throw: name, dtype, shape, a cycle, a value that is given and an output", () => {
  const g = graph();
  expect(() => splice(g, "hh", (_, v) => v)).toThrow(
    new RangeError('splice: no value "hh"; did you mean "h"?'),
  );
  expect(() => splice(g, "h", (b, v) => b.cast(v, "int64"))).toThrow(
    new TypeError('splice: "h" is float32, its replacement int64'),
  );
  expect(() => splice(g, "h", (b, v) => b.sum(v, 1))).toThrow(
    new RangeError('splice: "h" is [batch, 2], its replacement [batch]'),
  );
  expect(() => splice(g, "h", (b) => b.mul(b.value("y"), 2))).toThrow(
    /^splice: .* needs its own output: the graph has a cycle$/,
  );
  const b = new Builder();
  const given = b.input("v", "float32", [1]);
  expect(() => splice(b.build([given]), "v", (c, v) => c.neg(v))).toThrow(
    new RangeError('splice: "v" is both given and an output; copy it by Identity first'),
  );
});
