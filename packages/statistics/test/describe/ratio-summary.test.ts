import { checkVectors, ratioSummary } from "@diopter/statistics";
import { expect, test } from "vitest";

test("a ratio is taken one by one and in every aggregate, in the scale asked for", () => {
  const summary = ratioSummary([1, 3, 5], [2, 4, 0], { scale: 100 });
  // 1 / 2 and 3 / 4, their mean; 9 / 6, of which 5 / 6 comes from the pair without a ratio.
  expect([...summary.ratios]).toEqual([50, 75, Number.POSITIVE_INFINITY]);
  expect(summary).toMatchObject({ ratioOfMeans: 150, meanOfRatios: 62.5, undefinedAt: [2], n: 3 });
  expect(summary.zeroMarginPart).toBeCloseTo(500 / 6, 12);
  expect(ratioSummary([1, 3], [2, 4])).toMatchObject({ ratioOfMeans: 4 / 6, meanOfRatios: 0.625 });
});

test("mistakes are named, by the verb that asks", () => {
  expect(() => ratioSummary([1], [1, 2])).toThrow(
    "ratioSummary: 1 values in numerators but 2 in denominators",
  );
  expect(() => ratioSummary([1, 1], [1, -1], { name: "share" })).toThrow(
    "share: the denominators average to 0",
  );
  expect(() => ratioSummary([1], [1], { trim: 0.5 })).toThrow("trim is 0.5, expected [0, 0.5)");
  expect(() => checkVectors({ a: [] }, "mine")).toThrow("mine: no values");
  expect(() => checkVectors({ a: [1], b: [Number.NaN] }, "mine")).toThrow("mine: b[0] is NaN");
});
