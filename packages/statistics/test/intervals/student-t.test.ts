import { studentTBelow, studentTQuantile } from "@diopter/statistics";
import { expect, test } from "vitest";

test("quantiles of t agree with the printed table and with closed forms", () => {
  const table: [number, number][] = [
    [4, 2.776445105],
    [5, 2.570581836],
    [10, 2.228138852],
    [30, 2.042272456],
    [120, 1.979930405],
  ];
  for (const [degrees, t] of table) expect(studentTQuantile(0.975, degrees)).toBeCloseTo(t, 8);
  // One degree: tan(π (p - 1/2)); two: (2p - 1) / √(2 p (1 - p)).
  expect(studentTQuantile(0.975, 1)).toBeCloseTo(Math.tan(Math.PI * 0.475), 9);
  expect(studentTQuantile(0.975, 2)).toBeCloseTo(0.95 / Math.sqrt(2 * 0.975 * 0.025), 10);
  expect(studentTQuantile(0.1, 7)).toBe(-studentTQuantile(0.9, 7));
  expect(studentTQuantile(0.5, 3)).toBeCloseTo(0, 12);
  // Near the normal distribution.
  expect(studentTQuantile(0.975, 100_000)).toBeCloseTo(1.959988, 5);
});

test("quantiles of t invert its distribution", () => {
  for (const degrees of [1, 2, 3, 6, 49]) {
    for (const p of [0.01, 0.3, 0.5, 0.9, 0.999]) {
      expect(studentTBelow(studentTQuantile(p, degrees), degrees)).toBeCloseTo(p, 12);
    }
  }
  expect(() => studentTQuantile(1, 3)).toThrow("p is 1, expected (0, 1)");
  expect(() => studentTQuantile(0.5, 0)).toThrow("degrees of freedom is 0");
});
