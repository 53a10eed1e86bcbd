import { bootstrapInterval } from "@diopter/statistics";
import { Random, tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

test("the interval of a mean is about 1.96 standard errors to each side", () => {
  const values = new Random(1).normal([400], { dtype: "float64" });
  const { estimate, low, high, n } = bootstrapInterval(values, { seed: 2 });
  expect(n).toBe(400);
  // The standard error is near 1 / 20; percentiles of 2000 draws scatter by a few per cent.
  expect((high - low) / 2).toBeGreaterThan(0.085);
  expect((high - low) / 2).toBeLessThan(0.11);
  expect(low).toBeLessThan(estimate);
  expect(high).toBeGreaterThan(estimate);
});

test("intervals cover the truth about as often as they say", () => {
  const random = new Random(3);
  let covered = 0;
  for (let i = 0; i < 200; i++) {
    const { low, high } = bootstrapInterval(random.normal([50]), {
      seed: i,
      level: 0.9,
      resamples: 300,
    });
    if (low <= 0 && 0 <= high) covered++;
  }
  // 180 expected, standard deviation 4; small samples cover slightly too little.
  expect(covered).toBeGreaterThan(160);
  expect(covered).toBeLessThan(195);
});

test("the same seed gives the same interval, another statistic another one", () => {
  const values = [1, 2, 3, 4, 50];
  const options = { seed: 1, resamples: 100 };
  expect(bootstrapInterval(values, options)).toEqual(bootstrapInterval(values, options));
  const top = bootstrapInterval(values, { ...options, statistic: (v) => Math.max(...v) });
  expect(top).toMatchObject({ estimate: 50, high: 50, level: 0.95, resamples: 100 });
  expect(bootstrapInterval(tensor([2, 2]), options)).toMatchObject({ low: 2, high: 2 });
});

test("mistakes are named", () => {
  expect(() => bootstrapInterval([], { seed: 1 })).toThrow("bootstrapInterval: no values");
  expect(() => bootstrapInterval([1], { seed: 1, level: 95 })).toThrow(
    "level is 95, expected (0, 1)",
  );
  expect(() => bootstrapInterval([1], { seed: 1, resamples: 0 })).toThrow("resamples is 0");
});
