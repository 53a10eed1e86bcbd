/** @file A ratio taken over many in every usual way: ratio of means, mean, median and trimmed mean of ratios. */

import { checkOptions } from "@diopter/tensor";
import { quantile } from "./spread";
import { checkVectors, meanOf, sumOf } from "./vectors";

export interface RatioOptions {
  /** Of the whole size of numerators, denominators and results: 100 gives percent. */
  scale?: number;
  /** Share of ratios dropped at each end for the trimmed mean; default 0.1. */
  trim?: number;
  /** Positive denominators below this count as tiny; default a tenth of their median size. */
  tinyBelow?: number;
  /** What opens the errors, for a verb that is made of this one; default `ratioSummary`. */
  name?: string;
}

export interface RatioSummary {
  /** One by one, never clipped; ±Infinity or NaN at the places of `undefinedAt`. */
  readonly ratios: Float64Array;
  /** R1: of the sums over all. */
  readonly ratioOfMeans: number;
  /** R2; like the median and the trimmed mean over those that have a ratio. */
  readonly meanOfRatios: number;
  readonly median: number;
  readonly trimmedMean: number;
  /** -Cov(ratio, denominator) / E[denominator] over those with a ratio, in the unit of the ratios. */
  readonly covarianceGap: number;
  /** What those without a ratio add to R1, so that R2 = R1 - zeroMarginPart + covarianceGap exactly. */
  readonly zeroMarginPart: number;
  /** Indices of denominators that are 0. */
  readonly undefinedAt: readonly number[];
  /** Number of denominators of 0 or less. */
  readonly notPositive: number;
  /** Number of denominators above 0 and below `tinyBelow`. */
  readonly tiny: number;
  readonly tinyBelow: number;
  readonly n: number;
}

/**
 * Summary of numerators [n] over denominators [n], one by one and in every aggregate.
 *
 * Where a denominator is 0 there is no ratio: its index is listed, and it is left out of the aggregates of ratios, not of
 * the ratio of means. Throws RangeError over different lengths, NaN or infinity, or denominators that average to 0.
 *
 * @example
 * ratioSummary([1, 3], [2, 4]).ratioOfMeans; // 4 of 6
 */
export function ratioSummary(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
  options: RatioOptions = {},
): RatioSummary {
  checkOptions("ratioSummary", options, {
    scale: "optional",
    trim: "optional",
    tinyBelow: "optional",
    name: "optional",
  });
  const { scale = 1, trim = 0.1, name = "ratioSummary" } = options;
  const { numerators: above, denominators: below } = checkVectors(
    { numerators, denominators },
    name,
  );
  const { tinyBelow = tinyOf(below) } = options;
  if (!(trim >= 0 && trim < 0.5)) {
    throw new RangeError(`${name}: trim is ${trim}, expected [0, 0.5)`);
  }
  const total = sumOf(below);
  if (total === 0) {
    throw new RangeError(`${name}: the denominators average to 0, so no ratio to them exists`);
  }
  const ratios = above.map((numerator, i) => scale * (numerator / below[i]!));
  const undefinedAt = [...below.keys()].filter((i) => below[i] === 0);
  const defined = ratios.filter((_, i) => below[i] !== 0);
  const zeroMargin = sumOf(above.filter((_, i) => below[i] === 0));
  return {
    ratios,
    ratioOfMeans: scale * (sumOf(above) / total),
    meanOfRatios: meanOf(defined),
    median: quantile(defined, 0.5),
    trimmedMean: trimmedMean(defined, trim),
    covarianceGap: covarianceGap(
      defined,
      below.filter((d) => d !== 0),
    ),
    zeroMarginPart: scale * (zeroMargin / total),
    undefinedAt,
    notPositive: below.filter((d) => d <= 0).length,
    tiny: below.filter((d) => d > 0 && d < tinyBelow).length,
    tinyBelow,
    n: below.length,
  };
}

function tinyOf(denominators: Float64Array): number {
  return quantile(denominators.map(Math.abs), 0.5) / 10;
}

function trimmedMean(values: Float64Array, trim: number): number {
  const drop = Math.floor(trim * values.length);
  return meanOf(
    values
      .slice()
      .sort()
      .subarray(drop, values.length - drop),
  );
}

function covarianceGap(ratios: Float64Array, denominators: Float64Array): number {
  const [ratio, denominator] = [meanOf(ratios), meanOf(denominators)];
  const products = ratios.map((r, i) => (r - ratio) * (denominators[i]! - denominator));
  return -meanOf(products) / denominator;
}
