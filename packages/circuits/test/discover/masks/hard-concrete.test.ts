/** @file Hard-concrete masks: K7, and what is drawn. */

import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";
import {
  deterministicMask,
  keepProbability,
  keepProbabilitySlope,
  sampledMask,
  thetaOf,
} from "../../../src/discover/masks/hard-concrete";

test("K7: a mask of 0.9 is theta = ln 5, and above 0 with probability 0.961", () => {
  // 1.2 x 5/6 - 0.1 = 0.9; the logistic function of ln 5 - (2/3) ln(0.1 / 1.1) = 3.208 is 0.9611.
  expect(thetaOf(0.9)).toBeCloseTo(Math.log(5), 12);
  expect(deterministicMask(Math.log(5))).toBeCloseTo(0.9, 12);
  expect(keepProbability(Math.log(5))).toBeCloseTo(0.9611, 4);
  expect(deterministicMask(10)).toBe(1);
  expect(deterministicMask(-10)).toBe(0);
  expect(() => thetaOf(1)).toThrow("a mask to begin with must lie in (0, 1), got 1");
});

test("as many samples are above 0 as the probability says", () => {
  const random = new Random(5);
  for (const theta of [-3, 0, Math.log(5)]) {
    const count = 20_000;
    let above = 0;
    for (let i = 0; i < count; i++) if (sampledMask(theta, random.uniform()).mask > 0) above++;
    // Four standard errors of a share are below 4 x 0.5 / sqrt(20,000) = 0.0142.
    expect(Math.abs(above / count - keepProbability(theta))).toBeLessThan(0.0142);
  }
});

test("slopes are those of the functions, and 0 where a mask is cut off", () => {
  const h = 1e-6;
  for (const theta of [-1, 0.3, 2]) {
    const rise = keepProbability(theta + h) - keepProbability(theta - h);
    expect(keepProbabilitySlope(theta)).toBeCloseTo(rise / (2 * h), 8);
    for (const u of [0, 0.001, 0.3, 0.5, 0.7, 0.9999]) {
      const [up, down] = [sampledMask(theta + h, u).mask, sampledMask(theta - h, u).mask];
      expect(sampledMask(theta, u).slope).toBeCloseTo((up - down) / (2 * h), 7);
    }
  }
  expect(sampledMask(0, 0)).toEqual({ mask: 0, slope: 0 });
  expect(sampledMask(0, 0.9999)).toEqual({ mask: 1, slope: 0 });
});
