import { varianceShares } from "@diopter/statistics";
import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";

test("in a balanced design the shares are those of the analysis of variance", () => {
  const levels = ["x", "y"].flatMap((a) => ["u", "v"].map((b) => ({ a, b })));
  // Mean 40, total 900 + 400 + 100 + 1600 = 3000; means of a 15 and 65: 4 * 25²; of b 30 and 50: 4 * 10².
  const { shares, rest, variance } = varianceShares([10, 20, 50, 80], levels, ["a", "b"]);
  expect(shares.a).toBeCloseTo(2500 / 3000, 12);
  expect(shares.b).toBeCloseTo(400 / 3000, 12);
  expect(rest).toBeCloseTo(100 / 3000, 12);
  expect(variance).toBe(750);
});

test("shares and the rest always add up to 1", () => {
  const random = new Random(10);
  const levels = Array.from({ length: 40 }, () => ({
    a: `${random.integer(0, 3)}`,
    b: `${random.integer(0, 2)}`,
    c: `${random.integer(0, 5)}`,
  }));
  const values = levels.map(({ a }) => 3 * Number(a) + random.normal());
  const { shares, rest, variance } = varianceShares(values, levels, ["a", "b", "c"]);
  expect(shares.a! + shares.b! + shares.c! + rest).toBeCloseTo(1, 12);
  expect(shares.a).toBeGreaterThan(0.7);
  expect(variance).toBeGreaterThan(1);
  // A factor that only renames another one explains nothing more.
  const twice = levels.map((level) => ({ ...level, again: `x${level.a}${level.a}` }));
  const more = varianceShares(values, twice, ["a", "b", "c", "again"]);
  expect(more.rest).toBeCloseTo(rest, 10);
  expect(more.shares.again).toBeCloseTo(more.shares.a!, 10);
});

test("values that do not differ leave nothing to share", () => {
  const levels = [{ a: "x" }, { a: "y" }];
  expect(varianceShares([0.1, 0.1], levels, ["a"])).toEqual({
    shares: { a: 0 },
    rest: 0,
    variance: 0,
  });
});

test("mistakes are named", () => {
  const many = Array.from({ length: 13 }, (_, i) => `f${i}`);
  expect(() => varianceShares([1], [{}], many)).toThrow("13 factors, expected at most 12");
});
