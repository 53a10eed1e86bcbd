/** @file The share of the model's value that a circuit recovers, such as "logit difference recovered" (Miller et al. 2407.08734). */

import {
  checkVectors,
  type IntervalOptions,
  type RatioIntervals,
  type RatioOptions,
  type RatioSummary,
  ratioIntervals,
  ratioSummary,
} from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";

/** How much the circuit recovers; all shares in percent of the model's value. */
export type Recovery = RatioSummary;

/** What of a summary of ratios is a choice where the scale is fixed. */
export type ShareOptions = Pick<RatioOptions, "trim" | "tinyBelow">;

/**
 * Percent of the model's values that the circuit has, per prompt [prompt] and in every aggregate.
 *
 * A prompt on which the model's own value is 0 has no ratio: it is listed and left out of the aggregates of ratios, not
 * of the ratio of means. Throws RangeError over different prompts, NaN, or when the model's values average to 0.
 *
 * @example
 * recovered([1, 3], [2, 4]).ratioOfMeans; // 66.7: 4 of 6
 */
export function recovered(
  circuit: ArrayLike<number>,
  model: ArrayLike<number>,
  options: ShareOptions = {},
): Recovery {
  checkOptions("recovered", options, { trim: "optional", tinyBelow: "optional" });
  const values = sharesOf("recovered", circuit, model);
  return ratioSummary(...values, { ...options, scale: 100, name: "recovered" });
}

/** Intervals of R1, R2 and the median of `recovered`, in percent; throws RangeError as that and `intervals` do. */
export function recoveryIntervals(
  circuit: ArrayLike<number>,
  model: ArrayLike<number>,
  options: IntervalOptions,
): RatioIntervals {
  const values = sharesOf("recoveryIntervals", circuit, model);
  return ratioIntervals(...values, { ...options, scale: 100, name: "recoveryIntervals" });
}

/** Throws RangeError where there is nothing to take a share of. */
export function requireWhole(name: string, whole: Float64Array): void {
  if (whole.reduce((total, value) => total + value, 0) === 0) {
    throw new RangeError(`${name}: the model's values average to 0, so no share of them exists`);
  }
}

function sharesOf(
  name: string,
  circuit: ArrayLike<number>,
  model: ArrayLike<number>,
): [circuit: Float64Array, model: Float64Array] {
  const values = checkVectors({ circuit, model }, name);
  requireWhole(name, values.model);
  return [values.circuit, values.model];
}
