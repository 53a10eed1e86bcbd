/** @file Sizes in symbols are what they are in numbers. */

import { Size } from "@diopter/graph";
import { expect, test } from "vitest";

const SYMBOLS = ["batch", "pos", "past"];

/** What a size is when its symbols have values. */
function at(size: Size, values: Readonly<Record<string, number>>): number {
  return size.terms.reduce(
    (sum, { coefficient, symbols }) =>
      sum + symbols.reduce((product, symbol) => product * values[symbol]!, coefficient),
    0,
  );
}

test("sums, differences, products and quotients of random sizes are those of their numbers", () => {
  let state = 3;
  const below = (n: number) => {
    state = (state * 16807) % 2147483647;
    return state % n;
  };
  const product = (): Size =>
    Array.from({ length: 1 + below(2) }, () => Size.of(SYMBOLS[below(3)]!)).reduce(
      (x, y) => x.times(y),
      Size.of(1 + below(4)),
    );
  const random = (): Size =>
    Array.from({ length: below(3) }, product).reduce((x, y) => x.plus(y), Size.of(below(7) - 3));
  for (let i = 0; i < 300; i++) {
    const [x, y, single] = [random(), random(), product()];
    const values = { batch: 1 + below(9), pos: 1 + below(9), past: 1 + below(9) };
    const [a, b] = [at(x, values), at(y, values)];
    expect(at(x.plus(y), values)).toBe(a + b);
    expect(at(x.minus(y), values)).toBe(a - b);
    expect(at(x.times(y), values)).toBe(a * b + 0);
    expect(x.times(single).over(single)!.equals(x)).toBe(true);
    // Written and read again it is the same, and what is equal is written alike.
    expect(Size.of(x.dim).equals(x)).toBe(true);
    expect(x.plus(y).key).toBe(y.plus(x).key);
    if (x.positive) expect(a).toBeGreaterThan(0);
  }
});

test("sizes are written with symbols in order and the constant last", () => {
  const size = Size.of("pos*batch").times(Size.of(2)).minus(Size.of("past")).plus(Size.of(3));
  expect(size.dim).toBe("2*batch*pos-past+3");
  expect([Size.of(0).dim, Size.of("n").minus(Size.of("n")).dim, Size.one.value]).toEqual([0, 0, 1]);
});

test("a quotient that is not whole, or by a sum, is none", () => {
  expect(Size.of("2*n+1").over(Size.of(2))).toBeUndefined();
  expect(Size.of("n").over(Size.of("m"))).toBeUndefined();
  expect(Size.of("n*m+m").over(Size.of("n+1"))).toBeUndefined();
  expect(Size.of("n+1").over(Size.of("n+1"))!.value).toBe(1);
  expect(Size.of("n").over(Size.of(0))).toBeUndefined();
});

test("what is no sum of products is one symbol", () => {
  expect(Size.of("floor(n/2)").plus(Size.of(1)).dim).toBe("floor(n/2)+1");
});
