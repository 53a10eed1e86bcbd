/** @file How two or more variables go together, by value and by rank. */

import {
  cast,
  checkOptions,
  formatShape,
  map,
  matmul,
  mean,
  sub,
  Tensor,
  type TensorLike,
} from "@diopter/tensor";
import { listOf } from "./vectors";

/** Covariance [d, d] of the columns of x [n, d]; rows are observations. */
export function covariance(
  x: TensorLike,
  options: { correction?: number } = {},
): Tensor<"float64"> {
  checkOptions("covariance", options, { correction: "optional" });
  const { correction = 1 } = options;
  const [rows] = x.shape;
  if (x.shape.length !== 2 || rows === undefined || rows <= correction) {
    throw new RangeError(
      `covariance: expected [n, d] with n above ${correction}, got ${formatShape(x.shape)}`,
    );
  }
  const values = cast(x, "float64");
  const centred = sub(values, mean(values, { axes: [0], keepDims: true }));
  return map(matmul(centred.transpose(), centred), (total) => total / (rows - correction));
}

/** Pearson's correlation [d, d] of the columns of x [n, d]; NaN for a constant column. */
export function correlation(x: TensorLike): Tensor<"float64"> {
  const products = covariance(x);
  const size = products.shape[0]!;
  const deviations = Array.from({ length: size }, (_, i) => Math.sqrt(products.at(i, i)));
  const data = products.data.map((value, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    const ratio = value / (deviations[row]! * deviations[column]!);
    return row === column && ratio > 0 ? 1 : Math.min(1, Math.max(-1, ratio));
  });
  return new Tensor("float64", products.shape, data);
}

/** Pearson's correlation of two lists of values; NaN when one is constant. */
export function pearson(
  x: TensorLike | ArrayLike<number>,
  y: TensorLike | ArrayLike<number>,
): number {
  const [a, b] = [listOf(x), listOf(y)];
  if (a.length !== b.length || a.length < 2) {
    throw new RangeError(
      `pearson: expected two lists of 2 or more, got ${a.length} and ${b.length}`,
    );
  }
  const pairs = new Float64Array(2 * a.length);
  for (let i = 0; i < a.length; i++) pairs.set([a[i]!, b[i]!], 2 * i);
  return correlation(new Tensor("float64", [a.length, 2], pairs)).at(0, 1);
}

/** Spearman's rank correlation of two lists of values; equal values share their mean rank. */
export function spearman(
  x: TensorLike | ArrayLike<number>,
  y: TensorLike | ArrayLike<number>,
): number {
  return pearson(ranks(x), ranks(y));
}

/** Ranks from 1; equal values share their mean rank; throws RangeError on NaN, which has no place. */
export function ranks(x: TensorLike | ArrayLike<number>): Float64Array {
  const values = listOf(x);
  if (values.some(Number.isNaN)) throw new RangeError("ranks: a value is NaN");
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + end + 1) / 2;
  }
  return result;
}
