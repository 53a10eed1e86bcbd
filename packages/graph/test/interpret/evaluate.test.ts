import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Builder, evaluate } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

function third() {
  const b = new Builder();
  const x = b.input("x", "float32", ["n"]);
  return b.build([b.named("y", b.div(x, 3))]);
}

test("every float is float64, unless the declared dtypes are asked for", () => {
  const wide = evaluate(third(), { x: tensor([1]) }).y!;
  expect([wide.dtype, wide.item()]).toEqual(["float64", 1 / 3]);
  const narrow = evaluate(third(), { x: tensor([1]) }, { precision: "declared" }).y!;
  expect([narrow.dtype, narrow.item()]).toEqual(["float32", Math.fround(1 / 3)]);
});

test("a float32 constant is what float32 holds of it", () => {
  const b = new Builder();
  const graph = b.build([b.named("y", b.mul(b.input("x", "float32", []), 0.1))]);
  expect(evaluate(graph, { x: tensor(1) }).y!.item()).toBe(Math.fround(0.1));
});

test("any value can be asked for, and only what it needs is computed or fed", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const other = b.input("other", "float32", [2]);
  const h = b.named("h", b.neg(x));
  const graph = b.build([b.named("y", b.add(h, other))]);
  const traced: string[] = [];
  const made = evaluate(
    graph,
    { x: tensor([1, 2]) },
    { outputs: ["h"], trace: (name) => traced.push(name) },
  );
  expect(made.h!.toArray()).toEqual([-1, -2]);
  expect(traced).toEqual(["x", "h"]);
  expect(() => evaluate(graph, {}, { outputs: ["hh"] })).toThrow(
    new RangeError('evaluate: no value "hh"; did you mean "h"?'),
  );
});

test("feeds are checked against the inputs", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["n", 2]);
  const ids = b.input("ids", "int64", ["n"]);
  const graph = b.build([b.named("y", b.add(x, b.unsqueeze(b.cast(ids, "float32"), [1])))]);
  const good = { x: tensor([[1, 2]]), ids: tensor([1], { dtype: "int64" }) };
  expect(evaluate(graph, good).y!.toArray()).toEqual([[2, 3]]);
  const bad: [Record<string, ReturnType<typeof tensor>>, Error][] = [
    [{ x: good.x }, new RangeError('evaluate: input "ids" is missing')],
    [{ ...good, id: good.ids }, new RangeError('evaluate: no input "id"; did you mean "ids"?')],
    [{ ...good, x: tensor([1, 2]) }, new RangeError('evaluate: input "x" is [2], expected [n, 2]')],
    [
      { ...good, ids: tensor([1, 2], { dtype: "int64" }) },
      new RangeError('evaluate: input "ids" is [2], expected [n], where n is 1'),
    ],
    [
      { ...good, ids: tensor([1]) },
      new TypeError('evaluate: input "ids" is float32, expected int64'),
    ],
  ];
  for (const [feeds, error] of bad) expect(() => evaluate(graph, feeds)).toThrow(error);
});

test("an op without a row is named with its value", () => {
  const b = new Builder();
  const [y] = b.node("Foo", [b.input("x", "float32", [2])], {}, { outputs: ["y"] });
  expect(() => evaluate(b.build([y!]), { x: tensor([1, 2]) })).toThrow(
    new RangeError('evaluate: op "Foo" (value "y") is not in the table of operator set 20'),
  );
});

test("an initializer gives an input its default", () => {
  const graph = third();
  const withDefault = {
    ...graph,
    initializers: new Map([...graph.initializers, ["x", tensor([6])]]),
  };
  expect(evaluate(withDefault, {}).y!.toArray()).toEqual([2]);
  expect(evaluate(withDefault, { x: tensor([3]) }).y!.toArray()).toEqual([1]);
});

test("values are freed after their last use", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const b = new Builder();
  let x = b.input("x", "float32", [2 ** 17]);
  for (let i = 0; i < 16; i++) x = b.neg(x);
  const graph = b.build([x]);
  const feeds = { x: tensor(new Float32Array(2 ** 17)) };
  collect();
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const trace = () => {
    collect();
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  };
  evaluate(graph, feeds, { trace });
  // A value is 1 MiB: 2^17 elements of 8 bytes. Two are alive at a time, and the newest may be there twice.
  expect(peak).toBeGreaterThan(2 ** 20);
  expect(peak).toBeLessThan(5 * 2 ** 20);
});
