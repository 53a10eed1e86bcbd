import { setOverlap } from "@diopter/statistics";
import { expect, test } from "vitest";

test("two sets are compared by count or by weight", () => {
  // Found b c d, reference b c: 2 of 3, 2 of 2, 4 / 5, 2 / 3.
  const plain = setOverlap(["d", "b", "c", "b"], ["b", "c"]);
  expect(plain).toMatchObject({ recall: 1, both: ["b", "c"], onlyFound: ["d"], onlyTruth: [] });
  expect(plain.precision).toBeCloseTo(2 / 3, 14);
  expect(plain.f1).toBeCloseTo(4 / 5, 14);
  expect(plain.jaccard).toBeCloseTo(2 / 3, 14);
  const weight = (name: string) => (name === "d" ? 6 : 1);
  expect(setOverlap(["b", "c", "d"], ["b", "c"], { weight }).precision).toBe(0.25);
  expect(setOverlap([], ["a"])).toMatchObject({ precision: Number.NaN, recall: 0, jaccard: 0 });
  expect(() => setOverlap(["a"], [], { weight: () => -1 })).toThrow("weight of a is -1");
});
