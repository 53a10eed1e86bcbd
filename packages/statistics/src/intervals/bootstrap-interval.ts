/** @file Bootstrap confidence intervals (Efron 1979), percentile method. */

import { checkOptions, Random, type Seed, type TensorLike } from "@diopter/tensor";
import { quantile } from "../describe/spread";
import { listOf, meanOf } from "../describe/vectors";

export interface BootstrapOptions {
  seed: Seed;
  /** Of the values of one sample; the mean by default. */
  statistic?: (values: Float64Array) => number;
  /** Probability that the interval should cover; default 0.95. */
  level?: number;
  /** Default 2000. */
  resamples?: number;
}

export interface Interval {
  /** The statistic of the values themselves. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly resamples: number;
  /** Number of values. */
  readonly n: number;
}

/**
 * How sure a statistic of these values is, by drawing from them with replacement.
 *
 * Throws RangeError over nothing or for a level outside (0, 1).
 */
export function bootstrapInterval(
  x: TensorLike | ArrayLike<number>,
  options: BootstrapOptions,
): Interval {
  checkOptions("bootstrapInterval", options, {
    seed: "required",
    statistic: "optional",
    level: "optional",
    resamples: "optional",
  });
  const { seed, statistic = meanOf, level = 0.95, resamples = 2000 } = options;
  const values = listOf(x);
  const n = values.length;
  if (n === 0) throw new RangeError("bootstrapInterval: no values");
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`bootstrapInterval: level is ${level}, expected (0, 1)`);
  }
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`bootstrapInterval: resamples is ${resamples}, expected 1 or more`);
  }
  const random = Random.from(seed);
  const draws = Float64Array.from({ length: resamples }, () =>
    statistic(values.map(() => values[random.integer(0, n)]!)),
  );
  const tail = (1 - level) / 2;
  const [low, high] = [quantile(draws, tail), quantile(draws, 1 - tail)];
  return { estimate: statistic(values), low, high, level, resamples, n };
}
