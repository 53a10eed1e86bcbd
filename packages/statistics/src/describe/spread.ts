/** @file How far values spread: variance, standard deviation, quantiles. */

import {
  cast,
  checkOptions,
  type DType,
  type FloatOf,
  floatOf,
  map,
  mean,
  type OptionKeys,
  type ReduceOptions,
  sub,
  sumSquare,
  type Tensor,
  type TensorLike,
} from "@diopter/tensor";
import { listOf } from "./vectors";

export interface SpreadOptions extends ReduceOptions {
  /** Taken from the number of values before dividing: 1 (default) estimates from a sample, 0 describes a population. */
  correction?: number;
}

const spreadKeys: OptionKeys<SpreadOptions> = {
  correction: "optional",
  axes: "optional",
  keepDims: "optional",
};

/** Variance over axes, all by default; NaN where there are no more values than `correction`; integers give float64. */
export function variance<D extends DType>(
  x: TensorLike<D>,
  options: SpreadOptions = {},
): Tensor<FloatOf<D>> {
  checkOptions("variance", options, spreadKeys);
  const { correction = 1, ...reduced } = options;
  const values = cast(x, "float64");
  const squares = sumSquare(sub(values, mean(values, { ...reduced, keepDims: true })), reduced);
  const count = x.data.length / squares.data.length;
  const freedom = Math.max(0, count - correction);
  const result = map(squares, (total) => (freedom > 0 ? total / freedom : Number.NaN));
  return cast(result, floatOf(x.dtype));
}

/** Standard deviation over axes: the root of `variance`. */
export function std<D extends DType>(
  x: TensorLike<D>,
  options: SpreadOptions = {},
): Tensor<FloatOf<D>> {
  checkOptions("std", options, spreadKeys);
  return cast(map(variance(cast(x, "float64"), options), Math.sqrt), floatOf(x.dtype));
}

/**
 * The value below which the share `q` of all values lies, between neighbours by straight line (Hyndman and Fan 1996,
 * type 7, as NumPy).
 *
 * Throws RangeError over nothing, over NaN, or for a q outside [0, 1].
 */
export function quantile(x: TensorLike | ArrayLike<number>, q: number): number {
  const sorted = listOf(x).slice().sort();
  if (sorted.length === 0 || Number.isNaN(sorted.at(-1))) {
    throw new RangeError(`quantile: ${sorted.length === 0 ? "no values" : "a value is NaN"}`);
  }
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile: q is ${q}, expected [0, 1]`);
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return low === high ? low : low + (high - low) * (place - Math.floor(place));
}
