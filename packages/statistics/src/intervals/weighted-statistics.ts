/** @file Statistics of resamples that are given as how often each value occurs. */

import type { WeightedStatistic } from "./cluster-bootstrap";

/** Ratio of the weighted sums of two vectors [n], times `scale`. */
export function weightedRatio(
  numerators: Float64Array,
  denominators: Float64Array,
  scale = 1,
): WeightedStatistic {
  return (weights) => {
    let [above, below] = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      above += weights[i]! * numerators[i]!;
      below += weights[i]! * denominators[i]!;
    }
    return scale * (above / below);
  };
}

/**
 * Median of the values [n] by whole weights; values that are not finite are left out.
 *
 * Sorted once; a resample then costs one walk.
 */
export function weightedMedian(values: Float64Array): WeightedStatistic {
  const order = Uint32Array.from(values.keys())
    .filter((i) => Number.isFinite(values[i]!))
    .sort((a, b) => values[a]! - values[b]!);
  return (weights) => {
    let count = 0;
    for (let k = 0; k < order.length; k++) count += weights[order[k]!]!;
    if (count === 0) return Number.NaN;
    const [first, last] = [Math.floor((count - 1) / 2), Math.ceil((count - 1) / 2)];
    let [seen, k] = [0, -1];
    while (seen <= first) seen += weights[order[++k]!]!;
    const low = values[order[k]!]!;
    while (seen <= last) seen += weights[order[++k]!]!;
    return (low + values[order[k]!]!) / 2;
  };
}
