/** @file Paired permutation test: how often the mean difference is as large when signs are arbitrary (Fisher 1935). */

import { checkOptions, Random, type Seed } from "@diopter/tensor";
import { checkVectors, meanOf, sumOf } from "../describe/vectors";
import { clustersOf } from "../intervals/clusters";

export interface SignFlipOptions {
  seed: Seed;
  /** Label of each difference's cluster [n]; the signs of a cluster flip together. */
  clusters?: ArrayLike<string | number>;
  /** Random sign patterns; default 10,000; when there are no more patterns than that, all are counted once. */
  permutations?: number;
}

export interface SignFlipResult {
  readonly meanDifference: number;
  /** Two-sided; never 0, since the pattern observed counts as one. */
  readonly p: number;
  readonly permutations: number;
  readonly method: "exact" | "sampled";
}

/** Tests paired differences [n] against a mean of 0; throws RangeError as `intervals` does. */
export function signFlipTest(
  differences: ArrayLike<number>,
  options: SignFlipOptions,
): SignFlipResult {
  checkOptions("signFlipTest", options, {
    seed: "required",
    clusters: "optional",
    permutations: "optional",
  });
  const { seed, clusters, permutations = 10_000 } = options;
  const list = checkVectors({ differences }, "signFlipTest").differences;
  if (!Number.isInteger(permutations) || permutations < 1) {
    throw new RangeError(`signFlipTest: permutations is ${permutations}, expected 1 or more`);
  }
  const { groups } = clustersOf(list.length, clusters, "signFlipTest");
  const sums = Float64Array.from(groups, (group) =>
    sumOf(Float64Array.from(group, (i) => list[i]!)),
  );
  const exact = sums.length <= 24 && 2 ** sums.length <= permutations;
  const p = exact ? exactP(sums) : sampledP(sums, Random.from(seed), permutations);
  const count = exact ? 2 ** sums.length : permutations;
  return {
    meanDifference: meanOf(list),
    p,
    permutations: count,
    method: exact ? "exact" : "sampled",
  };
}

function exactP(sums: Float64Array): number {
  const bar = barOf(sums);
  const patterns = 2 ** sums.length;
  let reached = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let total = 0;
    for (let i = 0; i < sums.length; i++) total += (pattern >> i) & 1 ? -sums[i]! : sums[i]!;
    if (Math.abs(total) >= bar) reached++;
  }
  return reached / patterns;
}

function sampledP(sums: Float64Array, random: Random, permutations: number): number {
  const bar = barOf(sums);
  let reached = 1;
  for (let k = 0; k < permutations; k++) {
    let total = 0;
    for (let i = 0; i < sums.length; i++) total += random.uniform() < 0.5 ? -sums[i]! : sums[i]!;
    if (Math.abs(total) >= bar) reached++;
  }
  return reached / (permutations + 1);
}

/** The size to reach: a hair less than observed, since the same terms in another order round differently. */
function barOf(sums: Float64Array): number {
  const largest = sums.reduce((total, sum) => total + Math.abs(sum), 0);
  return Math.abs(sumOf(sums)) - 1e-12 * largest;
}
