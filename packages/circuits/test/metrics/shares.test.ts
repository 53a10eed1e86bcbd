import fc from "fast-check";
import { expect, test } from "vitest";
import {
  faithfulnessIntervals,
  normalizedFaithfulness,
} from "../../src/metrics/normalized-faithfulness";
import { recovered, recoveryIntervals } from "../../src/metrics/recovered";

test("shares are taken per prompt and in aggregate, and never clipped", () => {
  const result = recovered([1, 3, 10], [2, 4, -4]);
  // 1/2, 3/4, 10/-4; (1 + 3 + 10) / (2 + 4 - 4) = 14 / 2; (50 + 75 - 250) / 3.
  expect([...result.ratios]).toEqual([50, 75, -250]);
  expect(result.ratioOfMeans).toBe(700);
  expect(result.meanOfRatios).toBeCloseTo(-125 / 3, 12);
  expect(result.median).toBe(50);
  expect(result).toMatchObject({ notPositive: 1, tiny: 0, undefinedAt: [], n: 3 });
});

test("the full model recovers exactly 100 %", () => {
  const values = [0.1, 0.7, 3.3, -0.2, 1e-9];
  const result = recovered(values, values);
  expect([...result.ratios]).toEqual([100, 100, 100, 100, 100]);
  expect(result).toMatchObject({ ratioOfMeans: 100, meanOfRatios: 100, median: 100 });
  const margin = fc.double({ min: 1e-3, max: 30, noNaN: true });
  fc.assert(
    fc.property(margin, (d) => {
      expect(recovered([d], [d]).ratios[0]).toBe(100);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("the trimmed mean drops a tenth at each end", () => {
  const circuit = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000];
  const { trimmedMean, meanOfRatios } = recovered(
    circuit,
    circuit.fill(1000, 9).map(() => 1),
  );
  // 2 .. 9 average 5.5.
  expect(trimmedMean).toBeCloseTo(550, 10);
  expect(meanOfRatios).toBeCloseTo(10450, 10);
});

test("tiny margins are counted against a stated threshold", () => {
  // Sizes 0.1 2 2 2 2: a tenth of the median is 0.2.
  const auto = recovered([1, 1, 1, 1, 1], [0.1, 2, 2, 2, -2]);
  expect(auto).toMatchObject({ tiny: 1, notPositive: 1, tinyBelow: 0.2 });
  expect(recovered([1, 1], [1, 2], { tinyBelow: 3 })).toMatchObject({ tiny: 2, tinyBelow: 3 });
});

test("a prompt without a margin has no ratio: listed, and in the ratio of means only", () => {
  const result = recovered([1, 3, 5, 0], [2, 4, 0, 0]);
  expect(result.ratios[2]).toBe(Number.POSITIVE_INFINITY);
  expect(result.ratios[3]).toBeNaN();
  expect(result.undefinedAt).toEqual([2, 3]);
  // R1 9 / 6, of which 5 / 6 comes from the third prompt; R2 of 50 and 75.
  expect(result.ratioOfMeans).toBe(150);
  expect(result.zeroMarginPart).toBeCloseTo(500 / 6, 12);
  expect(result).toMatchObject({ meanOfRatios: 62.5, median: 62.5, notPositive: 2 });
  // Ratios 50 and 75 with margins 2 and 4: covariance 12.5 over a mean of 3.
  expect(result.covarianceGap).toBeCloseTo(-12.5 / 3, 12);
});

const list = fc.array(
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -3, max: 50 })),
  {
    minLength: 1,
    maxLength: 20,
  },
);

test("K1: mean of ratios minus ratio of means is the covariance gap, zero margins included", () => {
  fc.assert(
    fc.property(list, (pairs) => {
      const [circuit, model] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      fc.pre(model.reduce((a, b) => a + b, 0) !== 0);
      const r = recovered(circuit, model);
      const gap = r.meanOfRatios - (r.ratioOfMeans - r.zeroMarginPart);
      expect(Math.abs(gap - r.covarianceGap)).toBeLessThan(1e-9 * (1 + Math.abs(gap)));
      if (r.undefinedAt.length === 0) expect(r.zeroMarginPart).toBeCloseTo(0, 15);
    }),
    { seed: 4 },
  );
});

test("K3: the model's faithfulness is 1, the empty circuit's 0, exactly", () => {
  const [model, empty] = [
    [3.1, 2.7, 0.1],
    [0.3, 0.4, -0.2],
  ];
  const full = normalizedFaithfulness({ circuit: model, empty, model });
  expect(full).toMatchObject({ ratioOfMeans: 1, meanOfRatios: 1 });
  const none = normalizedFaithfulness({ circuit: empty, empty, model });
  expect(none).toMatchObject({ ratioOfMeans: 0, meanOfRatios: 0 });
});

test("faithfulness passes 1 and 0 where a circuit does", () => {
  // (5 - 1) / (3 - 1) and (0 - 1) / (3 - 1).
  const f = normalizedFaithfulness({ circuit: [5, 0], empty: [1, 1], model: [3, 3] });
  expect([...f.ratios]).toEqual([2, -0.5]);
  expect(f.ratioOfMeans).toBe(0.75);
});

test("a divergence from the model is normalized with 0 for the model", () => {
  // 1 - 0.5 / 2.
  expect(normalizedFaithfulness({ circuit: [0.5], empty: [2], model: [0] }).ratioOfMeans).toBe(
    0.75,
  );
});

test("the delta error of a share is the one of the formula", () => {
  // F = 4 / 6; (1 - 4/3) / 3 = -1/9 and (3 - 8/3) / 3 = 1/9; deviation √(2 / 81), error 1/9.
  const { ratioOfMeans } = recoveryIntervals([1, 3], [2, 4], { seed: 1 });
  expect(ratioOfMeans.delta!.se).toBeCloseTo(100 / 9, 10);

  const [a, b, f] = [
    [2, 5, 3, 4],
    [1, 0, 0.5, 1],
    [4, 6, 3, 7],
  ];
  const mean = (x: number[]) => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb, mf] = [mean(a), mean(b), mean(f)];
  const share = (ma - mb) / (mf - mb);
  const psi = a.map(
    (_, i) =>
      (a[i]! - ma - (b[i]! - mb)) / (mf - mb) - (share * (f[i]! - mf - (b[i]! - mb))) / (mf - mb),
  );
  const se = Math.sqrt(psi.reduce((s, v) => s + v * v, 0) / 3 / 4);
  const result = faithfulnessIntervals({ circuit: a, empty: b, model: f }, { seed: 1 });
  expect(result.ratioOfMeans.estimate).toBeCloseTo(share, 14);
  expect(result.ratioOfMeans.delta!.se).toBeCloseTo(se, 14);
});

test("prompts without a ratio are listed and left out of the mean of ratios", () => {
  const result = recoveryIntervals([1, 3, 5, 2], [2, 4, 0, 4], { seed: 1, resamples: 200 });
  expect(result.undefinedAt).toEqual([2]);
  // 50, 75, 50.
  expect(result.meanOfRatios.estimate).toBeCloseTo(175 / 3, 12);
  expect(result.median.estimate).toBe(50);
  expect(result.median.delta).toBeUndefined();
  // One resample in 4^4 holds the prompt without a ratio only.
  expect(result.meanOfRatios.bootstrap.undefinedDraws).toBeLessThan(10);
});

test("mistakes are named", () => {
  expect(() => recovered([1], [1, 2])).toThrow("recovered: 1 values in circuit but 2 in model");
  expect(() => recovered([], [])).toThrow("recovered: no values");
  expect(() => recovered([1, Number.NaN], [1, 2])).toThrow("circuit[1] is NaN");
  expect(() => recovered([1, 1], [1, -1])).toThrow("the model's values average to 0");
  expect(() => recovered([1], [1], { trim: 0.5 })).toThrow("trim is 0.5, expected [0, 0.5)");
  expect(() => normalizedFaithfulness({ circuit: [1], empty: [3], model: [3] })).toThrow(
    "normalizedFaithfulness: the model's values average to 0",
  );
  expect(() => recoveryIntervals([1, 1], [1, -1], { seed: 1 })).toThrow(
    "recoveryIntervals: the model's values average to 0",
  );
});
