/** @file Intervals by the delta method: from what each value contributes to an estimate. */

import { meanOf } from "../describe/vectors";
import type { Clusters } from "./clusters";
import { studentTQuantile } from "./student-t";

export interface DeltaInterval {
  readonly low: number;
  readonly high: number;
  /** Standard error. */
  readonly se: number;
  /** Degrees of freedom of the t quantile: groups - 1. */
  readonly df: number;
}

/** What each pair contributes to a ratio of means, psi_i = (a_i - F b_i) / mean(b); centred. */
export function ratioInfluence(numerators: Float64Array, denominators: Float64Array): Float64Array {
  const below = meanOf(denominators);
  const share = meanOf(numerators) / below;
  return numerators.map((numerator, i) => (numerator - share * denominators[i]!) / below);
}

/** What each value contributes to a mean. */
export function meanInfluence(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value - mean);
}

/**
 * Estimate ± t · standard error, the error summed within clusters first.
 *
 * With G groups the variance is G / (G - 1) · Σ_g (Σ_{i in g} psi_i)² / n² (Liang and Zeger 1986, with the small-sample
 * factor) and t has G - 1 degrees of freedom; where each value is its own group this is sd(psi) / √n.
 */
export function deltaInterval(
  estimate: number,
  influence: Float64Array,
  { groups, n }: Clusters,
  level: number,
): DeltaInterval {
  const count = groups.length;
  let squares = 0;
  for (const group of groups) {
    let total = 0;
    for (let k = 0; k < group.length; k++) total += influence[group[k]!]!;
    squares += total * total;
  }
  const se = Math.sqrt((count / (count - 1)) * squares) / n;
  const reach = studentTQuantile((1 + level) / 2, count - 1) * se;
  return { low: estimate - reach, high: estimate + reach, se, df: count - 1 };
}
