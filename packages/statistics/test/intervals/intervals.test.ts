import {
  clusterBootstrap,
  clustersOf,
  intervals,
  quantile,
  type RatioIntervals,
  ratioIntervals,
  weightedMedian,
} from "@diopter/statistics";
import { Random } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

test("the delta interval of a mean is the t interval, of clusters that of their means", () => {
  const values = [1, 3, 5, 7];
  // Deviations -3 -1 1 3: variance 20 / 3, error √(20 / 3 / 4).
  const alone = intervals(values, { seed: 1 }).mean.delta!;
  expect(alone.se).toBeCloseTo(Math.sqrt(20 / 12), 12);
  expect(alone.df).toBe(3);
  // Cluster means 2 and 6: deviation √8, error √8 / √2 = 2; t of one degree 12.706.
  const { mean, clusters, note } = intervals(values, { seed: 1, clusters: ["x", "x", "y", "y"] });
  expect(mean.delta).toMatchObject({ df: 1 });
  expect(mean.delta!.se).toBeCloseTo(2, 12);
  expect(mean.delta!.high).toBeCloseTo(4 + 2 * Math.tan(Math.PI * 0.475), 8);
  expect(clusters).toBe(2);
  expect(note).toBe("only 2 clusters: the interval rests on 1 degree of freedom");
});

test("a resample's median is that of the values repeated", () => {
  const entry = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (pairs) => {
      const median = weightedMedian(Float64Array.from(pairs, ([value]) => value));
      const repeated = pairs.flatMap(([value, times]) => Array<number>(times).fill(value));
      const expected = repeated.length > 0 ? quantile(repeated, 0.5) : Number.NaN;
      expect(median(Float64Array.from(pairs, ([, times]) => times))).toBe(expected);
    }),
    { seed: 5 },
  );
});

test("whole clusters are drawn, or values within them again", () => {
  const clusters = clustersOf(4, ["x", "y", "y", "y"]);
  const seen = { clusters: new Set<string>(), "clusters-then-values": new Set<string>() };
  for (const draw of ["clusters", "clusters-then-values"] as const) {
    const note = (weights: Float64Array) => {
      seen[draw].add(weights.join());
      return 0;
    };
    clusterBootstrap({ note }, clusters, { seed: 1, resamples: 300, draw });
  }
  expect([...seen.clusters].sort()).toEqual(["0,2,2,2", "1,1,1,1", "2,0,0,0"]);
  expect(seen["clusters-then-values"].size).toBeGreaterThan(3);
});

test("the same seed gives the same interval", () => {
  const options = { seed: 3, resamples: 100 };
  const values = [1, 4, 9, 16, 25];
  expect(intervals(values, options)).toEqual(intervals(values, options));
  expect(intervals(values, { ...options, seed: 4 })).not.toEqual(intervals(values, options));
});

/** Prompts whose truth is known: R1 73.75 %, R2 and median 75 %, f 0.7. */
function draw(random: Random, clusters: number, size: number, alike: number) {
  const [own, common] = [Math.sqrt(1 - alike), Math.sqrt(alike)];
  const labels: number[] = [];
  const [circuit, empty, model]: number[][] = [[], [], []];
  for (let g = 0; g < clusters; g++) {
    const shared = [random.normal(), random.normal(), random.normal()];
    const noise = (k: number) => common * shared[k]! + own * random.normal();
    for (let i = 0; i < size; i++) {
      const margin = 4 + noise(0);
      // E[ratio] = 0.75; E[ratio margin] = 3 - 0.05 Var(margin) = 2.95 of 4; less 0.5 of each, 2.45 / 3.5.
      const ratio = 0.75 - 0.05 * (margin - 4) + 0.1 * noise(1);
      model!.push(margin);
      circuit!.push(ratio * margin);
      empty!.push(0.5 + 0.3 * noise(2));
      labels.push(g);
    }
  }
  return { circuit: circuit!, empty: empty!, model: model!, labels };
}

function coverage(clusters: number, size: number, alike: number, ignore = false) {
  const random = new Random(5);
  const covered: Record<string, number> = {};
  const count = (prefix: string, result: RatioIntervals, truth: Record<string, number>) => {
    for (const [name, value] of Object.entries(truth)) {
      const { bootstrap, delta } = result[name as "median"];
      for (const [kind, interval] of Object.entries({ bootstrap, delta })) {
        if (!interval) continue;
        const key = `${prefix}${name} ${kind}`;
        covered[key] =
          (covered[key] ?? 0) + (interval.low <= value && value <= interval.high ? 1 : 0);
      }
    }
  };
  for (let i = 0; i < 1000; i++) {
    const { circuit, empty, model, labels } = draw(random, clusters, size, alike);
    const options = {
      seed: i,
      resamples: ignore ? 1 : 300,
      ...(ignore ? {} : { clusters: labels }),
    };
    const recovery = ratioIntervals(circuit, model, { ...options, scale: 100 });
    count("", recovery, { ratioOfMeans: 73.75, meanOfRatios: 75, median: 75 });
    const minusEmpty = (list: readonly number[]) => list.map((value, k) => value - empty[k]!);
    const f = ratioIntervals(minusEmpty(circuit), minusEmpty(model), options);
    count("f ", f, { ratioOfMeans: 0.7 });
  }
  return covered;
}

test("intervals cover the truth 93 to 97 times in a hundred for independent prompts", () => {
  const covered = coverage(100, 1, 0);
  expect(Object.keys(covered)).toHaveLength(7);
  for (const [name, count] of Object.entries(covered)) {
    expect(count, name).toBeGreaterThanOrEqual(930);
    expect(count, name).toBeLessThanOrEqual(970);
  }
});

test("intervals cover the truth 93 to 97 times in a hundred for prompts in templates", () => {
  for (const [name, count] of Object.entries(coverage(20, 6, 0.5))) {
    expect(count, name).toBeGreaterThanOrEqual(930);
    expect(count, name).toBeLessThanOrEqual(970);
  }
});

test("without their clusters the same prompts look surer than they are", () => {
  expect(coverage(20, 6, 0.5, true)["ratioOfMeans delta"]).toBeLessThan(850);
});

test("mistakes are named", () => {
  expect(() => intervals([1], { seed: 1 })).toThrow("intervals: only 1 value, expected 2 or more");
  expect(() => intervals([1, 2], { seed: 1, clusters: ["a", "a"] })).toThrow("only 1 cluster");
  expect(() => intervals([1, 2], { seed: 1, clusters: ["a"] })).toThrow(
    "1 cluster labels for 2 values",
  );
  expect(() => intervals([1, 2], { seed: 1, level: 1 })).toThrow("level is 1, expected (0, 1)");
  expect(() => intervals([1, 2], { seed: 1, resamples: 0 })).toThrow("resamples is 0");
  expect(() => intervals([1, Number.POSITIVE_INFINITY], { seed: 1 })).toThrow(
    "values[1] is Infinity, expected a finite number",
  );
});
