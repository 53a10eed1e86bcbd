/** @file The two areas of the Mechanistic Interpretability Benchmark (Mueller et al. 2504.13151). */

import { trapezoids } from "@diopter/statistics";

/** Shares of all edges at which the benchmark evaluates circuits. */
export const mibShares: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
];

export interface MibAreas {
  /** Circuit performance ratio, the area under f: higher is better, above 1 is possible; of edges chosen by signed score. */
  readonly cpr: number;
  /** Circuit-model distance, the area under |1 - f|: 0 is best; of edges chosen by absolute score. */
  readonly cmd: number;
}

/**
 * Areas by trapezoids over the share of edges, from 0.001 to 1 on a linear axis.
 *
 * Which one means something depends on how the edges were chosen, so usually one is taken of each of two curves. Throws
 * RangeError unless there is a value of f for each of the shares.
 */
export function mibAreas(f: ArrayLike<number>): MibAreas {
  const values = Array.from(f);
  if (values.length !== mibShares.length || !values.every(Number.isFinite)) {
    throw new RangeError(
      `mibAreas: expected ${mibShares.length} finite values, one for each share of [${mibShares}], got [${values}]`,
    );
  }
  return {
    cpr: trapezoids(mibShares, values),
    cmd: trapezoids(
      mibShares,
      values.map((value) => Math.abs(1 - value)),
    ),
  };
}
