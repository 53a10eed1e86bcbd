import { quantile, std, variance } from "@diopter/statistics";
import { tensor } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

const x = tensor([
  [1, 2],
  [3, 6],
]);

test("variance of a sample and of a population", () => {
  // Mean 3, squares 4 + 1 + 0 + 9 = 14.
  expect(variance(x).item()).toBeCloseTo(14 / 3, 6);
  expect(variance(x, { correction: 0 }).item()).toBe(3.5);
  expect(variance(x, { axes: [0] }).toArray()).toEqual([2, 8]);
  expect(std(x, { axes: [1], keepDims: true })).toBeAllclose([[Math.SQRT1_2], [3 * Math.SQRT1_2]]);
  expect(variance(tensor([5])).item()).toBeNaN();
  expect(std(tensor([1n, 3n]), { correction: 0 })).toMatchObject({ dtype: "float64" });
});

test("a large mean does not spoil the variance", () => {
  const far = tensor([1e9 + 1, 1e9 + 2, 1e9 + 3], { dtype: "float64" });
  expect(variance(far).item()).toBe(1);
});

test("quantiles lie between neighbours by straight line", () => {
  // Sorted 1 2 4 8; place 0.25 * 3 = 0.75 between 1 and 2.
  expect(quantile([8, 1, 4, 2], 0.25)).toBe(1.75);
  expect(quantile(tensor([8, 1, 4, 2]), 0.5)).toBe(3);
  expect(quantile([-10, -9, 3], 0)).toBe(-10);
  expect(quantile([5], 1)).toBe(5);
  expect(() => quantile([], 0.5)).toThrow("quantile: no values");
  expect(() => quantile([1, Number.NaN], 0.5)).toThrow("quantile: a value is NaN");
  expect(() => quantile([1], 1.5)).toThrow("quantile: q is 1.5, expected [0, 1]");
});

test("quantiles rise with q and stay within the values", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(values, share, share, (list, a, b) => {
      const [low, high] = [quantile(list, Math.min(a, b)), quantile(list, Math.max(a, b))];
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(Math.min(...list));
      expect(high).toBeLessThanOrEqual(Math.max(...list));
    }),
    { seed: 1 },
  );
});
