/** @file The straight-through estimator: a value whose gradient goes elsewhere. */

import { Builder, backward, evaluate } from "@diopter/graph";
import { expect, test } from "vitest";

const tensor = (...data: number[]) =>
  ({ dtype: "float32", shape: [data.length], data: Float32Array.from(data) }) as const;

test("a rounded value has the gradient of the value before", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [3]);
  const y = b.named("y", b.straightThrough(b.mul(b.node("Round", [b.mul(x, 4)])[0]!, 0.25), x));
  // y^2 has the slope 2 y, taken where y is.
  const [dx] = backward(b, b.sum(b.mul(y, y)), [x]);
  const graph = b.build([y, b.named("dx", dx!)]);
  const result = evaluate(graph, { x: tensor(0.1, 0.6, -0.3) });
  expect(Array.from(result.y!.data as Float32Array)).toEqual([0, 0.5, -0.25]);
  expect(Array.from(result.dx!.data as Float32Array)).toEqual([0, 1, -0.5]);
});

test("other ways to x count as they do", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const y = b.add(b.straightThrough(b.node("Floor", [x])[0]!, x), b.mul(x, 3));
  const [dx] = backward(b, b.sum(y), [x]);
  const result = evaluate(b.build([b.named("dx", dx!)]), { x: tensor(0.5, 1.5) });
  expect(Array.from(result.dx!.data as Float32Array)).toEqual([4, 4]);
});

test("shapes must be equal", () => {
  const b = new Builder();
  const [x, y] = [b.input("x", "float32", [2]), b.input("y", "float32", [3])];
  expect(() => b.straightThrough(y, x)).toThrow(
    "straightThrough: y is [3], x is [2]; expected equal shapes",
  );
});
