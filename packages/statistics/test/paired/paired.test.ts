import { holm, pairedComparison, signFlipTest, wilcoxonSignedRank } from "@diopter/statistics";
import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";

test("signed ranks are counted exactly for few pairs", () => {
  // All five above 0: one of 2^5 patterns on each side.
  expect(wilcoxonSignedRank([1, 2, 3, 4, 5])).toEqual({
    positive: 15,
    negative: 0,
    p: 2 / 32,
    n: 5,
    zeros: 0,
    method: "exact",
  });
  // Rank sums 4 and 2; patterns with at most 2 below: none, {1}, {2}: 3 of 8 on each side.
  expect(wilcoxonSignedRank([1, -2, 3])).toMatchObject({ positive: 4, negative: 2, p: 0.75 });
});

test("ties share their rank and zeros are dropped and counted", () => {
  // Ranks 1.5 1.5 3: sum below 1.5; patterns of at most 1.5: none and two singles, 3 of 8 on each side.
  expect(wilcoxonSignedRank([0, 1, -1, 2])).toMatchObject({
    positive: 4.5,
    negative: 1.5,
    p: 0.75,
    n: 3,
    zeros: 1,
  });
  expect(wilcoxonSignedRank([0, 0])).toMatchObject({ p: 1, n: 0, zeros: 2 });
  expect(() => wilcoxonSignedRank([Number.NaN])).toThrow("a difference is NaN");
});

test("many pairs go by the normal approximation", () => {
  // 60 sizes, the 36 smallest below 0: sum 666, mean 915, deviation √18452.5 = 135.84; Φ(-1.8294) = 0.03367.
  const differences = Array.from({ length: 60 }, (_, i) => (i < 36 ? -(i + 1) : i + 1));
  const result = wilcoxonSignedRank(differences);
  expect(result).toMatchObject({ negative: 666, method: "normal" });
  expect(result.p).toBeCloseTo(0.06734, 4);
  // 60 equal sizes, 20 below 0: half as many, mean 30 signs, deviation √15 signs of rank 30.5.
  const ties = wilcoxonSignedRank(Array.from({ length: 60 }, (_, i) => (i < 20 ? -1 : 1)));
  // z = (610.5 - 915) / (30.5 √15) = -2.5778; Φ = 0.004972.
  expect(ties.p).toBeCloseTo(0.009944, 4);
});

test("signs are flipped in every pattern when they are few", () => {
  // |1 + 2 + 3| is reached by 2 of 8 patterns; by clusters {1, 2} and {3} by all with 3 and 3 alike: 2 of 4.
  expect(signFlipTest([1, 2, 3], { seed: 1 })).toEqual({
    meanDifference: 2,
    p: 0.25,
    permutations: 8,
    method: "exact",
  });
  expect(signFlipTest([1, 2, 3], { seed: 1, clusters: ["x", "x", "y"] }).p).toBe(0.5);
  // Beside 0.4 itself 0.6, 0.8, 1 and -0.1 - 0.2 + 0.3 + 0.4, though that one rounds below 0.1 + 0.2 - 0.3 + 0.4.
  expect(signFlipTest([0.1, 0.2, -0.3, 0.4], { seed: 1 }).p).toBe(10 / 16);
});

test("sampled patterns agree with counted ones, by seed", () => {
  const differences = [1.5, -0.3, 2.2, 0.8, -1.1, 0.4, 1.9, -0.6, 0.7, 1.2];
  const exact = signFlipTest(differences, { seed: 1 });
  expect(exact).toMatchObject({ method: "exact", permutations: 1024 });
  const sampled = signFlipTest(differences, { seed: 1, permutations: 1000 });
  expect(sampled).toMatchObject({ method: "sampled", permutations: 1000 });
  // Four standard errors of a share near 0.06 over 1,000 patterns are 0.03.
  expect(Math.abs(sampled.p - exact.p)).toBeLessThan(0.03);
  expect(signFlipTest(differences, { seed: 1, permutations: 1000 })).toEqual(sampled);
});

test("clusters keep false alarms at their level, without them they pile up (A.7)", () => {
  const random = new Random(8);
  let [aware, unaware] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const labels = Array.from({ length: 40 }, (_, k) => k % 8);
    const common = labels.slice(0, 8).map(() => random.normal());
    const differences = labels.map((label) => common[label]! + 0.5 * random.normal());
    if (signFlipTest(differences, { seed: i, clusters: labels }).p <= 0.05) aware++;
    if (signFlipTest(differences, { seed: i, permutations: 300 }).p <= 0.05) unaware++;
  }
  // 20 of 400 expected, standard deviation 4.4.
  expect(aware).toBeGreaterThan(6);
  expect(aware).toBeLessThan(34);
  expect(unaware).toBeGreaterThan(100);
});

test("paired comparison sees through the scatter between prompts", () => {
  const random = new Random(9);
  const a = Array.from({ length: 40 }, () => 100 * random.normal());
  const b = a.map((value) => value - 1 - 0.5 * random.normal());
  const { difference, wilcoxon, permutation, unit } = pairedComparison(a, b, { seed: 1 });
  expect(unit).toBe("value");
  expect(wilcoxon.p).toBeLessThan(1e-6);
  expect(permutation.p).toBeLessThan(1e-3);
  expect(difference.mean.delta!.low).toBeGreaterThan(0.7);
  expect(difference.mean.delta!.high).toBeLessThan(1.3);
  expect(difference.median.bootstrap.low).toBeGreaterThan(0.5);
});

test("in clusters the unit of the tests is the cluster", () => {
  const clusters = ["x", "x", "y", "y", "z", "z"];
  const result = pairedComparison([3, 1, 2, 2, 5, 5], [0, 0, 0, 0, 0, 0], { seed: 1, clusters });
  // Cluster means 2 2 5, all above 0: 2 of 2^3 patterns.
  expect(result).toMatchObject({ unit: "cluster", wilcoxon: { n: 3, p: 0.25 } });
  expect(result.permutation).toMatchObject({ p: 0.25, permutations: 8 });
  // Mean differences 1 and -2, where the sums would be 3 and -2.
  const uneven = { seed: 1, clusters: ["x", "x", "x", "y"] };
  expect(pairedComparison([1, 1, 1, -2], [0, 0, 0, 0], uneven).wilcoxon.positive).toBe(1);
  expect(() => pairedComparison([1, 2], [1], { seed: 1 })).toThrow("2 values in a but 1 in b");
});

test("Holm multiplies the smallest by the number of tests, and never lets a larger one pass below", () => {
  // 0.01 * 3; 0.03 * 2 = 0.06; 0.04 * 1 raised to 0.06.
  expect([...holm([0.01, 0.04, 0.03])]).toEqual([0.03, 0.06, 0.06]);
  expect([...holm([0.9, 0.8])]).toEqual([1, 1]);
  expect(() => holm([0.5, 1.5])).toThrow("holm: p value 1 is 1.5, expected [0, 1]");
});
