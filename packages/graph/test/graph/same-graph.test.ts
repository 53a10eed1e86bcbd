import { Builder, decode, encode, type Graph, sameGraph } from "@diopter/graph";
import { expect, test } from "vitest";

function small({
  axis = 1,
  along = 1,
  value = 2,
  name = "y",
  op = "add" as "add" | "sub",
} = {}): Graph {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 3]);
  const weights = b.constant({ dtype: "float32", shape: [3], data: Float32Array.of(1, value, 3) });
  return b.build([b.named(name, b.sum(b.softmax(b[op](x, weights), along), [axis], false))]);
}

test("a graph is the same as one that was built in the same way, and as its file", () => {
  expect(sameGraph(small(), small())).toBe(true);
  expect(sameGraph(decode(encode(small())), small())).toBe(true);
});

test.each([
  ["an attribute, of Softmax", { along: 0 }],
  ["a constant axis, of ReduceSum", { axis: 0 }],
  ["one number of a constant", { value: 2.5 }],
  ["zero and minus zero", { value: -0 }],
  ["a name that is read from outside", { name: "z" }],
  ["an op", { op: "sub" as const }],
])("%s makes another graph", (what, change) => {
  const base = what.startsWith("zero") ? small({ value: 0 }) : small();
  expect(sameGraph(base, small(change))).toBe(false);
  expect(sameGraph(small(change), base)).toBe(false);
});
