import {
  correlation,
  covariance,
  flippedPairs,
  kendallTau,
  pearson,
  ranks,
  spearman,
} from "@diopter/statistics";
import { Random, tensor } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

test("covariance and correlation of columns", () => {
  const pairs = tensor([
    [1, 2],
    [2, 4],
    [3, 9],
  ]);
  // Deviations (-1, 0, 1) and (-3, -1, 4): sums of products 2, 7, 26, over 2.
  expect(covariance(pairs)).toBeAllclose([
    [1, 3.5],
    [3.5, 13],
  ]);
  expect(covariance(pairs, { correction: 0 }).at(0, 0)).toBeCloseTo(2 / 3, 12);
  const r = 3.5 / Math.sqrt(13);
  expect(correlation(pairs)).toBeAllclose([
    [1, r],
    [r, 1],
  ]);
  expect(
    correlation(
      tensor([
        [1, 5],
        [2, 5],
      ]),
    ).at(0, 1),
  ).toBeNaN();
  expect(() => covariance(tensor([[1, 2]]))).toThrow(
    "covariance: expected [n, d] with n above 1, got [1, 2]",
  );
});

test("correlation of two lists, by value and by rank", () => {
  expect(pearson([1, 2, 3], [2, 4, 9])).toBeCloseTo(3.5 / Math.sqrt(13), 14);
  expect(spearman([1, 2, 3], [2, 4, 9])).toBe(1);
  expect(spearman([1, 2, 3], [9, 4, 2])).toBe(-1);
  expect(Array.from(ranks([10, 20, 10, 5]))).toEqual([2.5, 4, 2.5, 1]);
  // Ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): products 4.5 of 4.5 and 5.
  expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 14);
  expect(() => pearson([1], [1])).toThrow("pearson: expected two lists of 2 or more, got 1 and 1");
  expect(() => spearman([1, Number.NaN], [1, 2])).toThrow("ranks: a value is NaN");
});

test("a line has correlation 1 with itself whatever its units", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0.01, max: 100, noNaN: true }), (seed, scale) => {
      const values = new Random(seed).normal([20], { dtype: "float64" }).data;
      expect(
        pearson(
          values,
          values.map((v) => 3 - scale * v),
        ),
      ).toBeCloseTo(-1, 10);
    }),
    { seed: 1 },
  );
});

test("Kendall's tau counts agreeing less disagreeing pairs", () => {
  // 5 of 6 pairs agree, (1, 2) does not.
  expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6, 14);
  expect(flippedPairs([1, 2, 3, 4], [1, 3, 2, 4])).toEqual([[1, 2]]);
  expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
  // 2 agreeing of 3 pairs, of which one is tied in x: 2 / √(2 * 3).
  expect(kendallTau([1, 1, 2], [1, 2, 3])).toBeCloseTo(2 / Math.sqrt(6), 14);
  expect(kendallTau([1, 1], [1, 2])).toBeNaN();
  expect(() => kendallTau([1], [1])).toThrow("expected two lists of 2 or more, got 1 and 1");
});
