/** @file Reductions over axes, accumulated in float64. */

import { checkOptions } from "./check-options";
import { type DType, type FloatOf, floatOf, type NumberArray, pack, toNumbers } from "./dtype";
import { normalizeAxes, sizeOf, stridesOf } from "./shape";
import { copyStrided } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

export interface ReduceOptions {
  /** Axes to reduce; all by default, none for an empty list. */
  axes?: readonly number[];
  /** Keep the reduced axes with size 1. */
  keepDims?: boolean;
}

/** Reduces `count` elements of `values` from `start` on, `stride` apart. */
type Fold = (values: NumberArray, start: number, count: number, stride: number) => number;

type Reduction = <D extends DType>(x: TensorLike<D>, options?: ReduceOptions) => Tensor<D>;
type FloatReduction = <D extends DType>(
  x: TensorLike<D>,
  options?: ReduceOptions,
) => Tensor<FloatOf<D>>;

/** Sum; 0 over nothing. */
export const sum: Reduction = (x, options) => reduce("sum", x, options, foldSum, x.dtype);

/** Product; 1 over nothing. */
export const prod: Reduction = (x, options) =>
  reduce(
    "prod",
    x,
    options,
    by(1, (total, value) => total * value),
    x.dtype,
  );

/** Sum of squares. */
export const sumSquare: Reduction = (x, options) =>
  reduce("sumSquare", x, options, foldSquares, x.dtype);

/** Sum of absolute values. */
export const l1: Reduction = (x, options) =>
  reduce(
    "l1",
    x,
    options,
    by(0, (total, value) => total + Math.abs(value)),
    x.dtype,
  );

/** Largest element; NaN if there is one; throws RangeError over nothing. */
export const max: Reduction = (x, options) =>
  reduce("max", x, options, nonEmpty("max", by(Number.NEGATIVE_INFINITY, Math.max)), x.dtype);

/** Smallest element; NaN if there is one; throws RangeError over nothing. */
export const min: Reduction = (x, options) =>
  reduce("min", x, options, nonEmpty("min", by(Number.POSITIVE_INFINITY, Math.min)), x.dtype);

/** Arithmetic mean; NaN over nothing; integers give float64. */
export const mean: FloatReduction = (x, options) =>
  reduce(
    "mean",
    x,
    options,
    (v, start, n, stride) => foldSum(v, start, n, stride) / n,
    floatOf(x.dtype),
  );

/** Euclidean length; integers give float64. */
export const l2: FloatReduction = (x, options) =>
  reduce(
    "l2",
    x,
    options,
    (v, start, n, stride) => Math.sqrt(foldSquares(v, start, n, stride)),
    floatOf(x.dtype),
  );

/** log of the sum of e^x, safe from overflow; -Infinity over nothing. */
export const logSumExp: FloatReduction = (x, options) =>
  reduce("logSumExp", x, options, foldLogSumExp, floatOf(x.dtype));

function reduce<R extends DType>(
  subject: string,
  x: TensorLike,
  options: ReduceOptions = {},
  fold: Fold,
  dtype: R,
): Tensor<R> {
  checkOptions(subject, options, { axes: "optional", keepDims: "optional" });
  const { axes, keepDims = false } = options;
  const rank = x.shape.length;
  const gone = axes ? normalizeAxes(axes, rank, subject) : x.shape.map((_, axis) => axis);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const shape = keepDims
    ? x.shape.map((dim, axis) => (gone.includes(axis) ? 1 : dim))
    : kept.map((axis) => x.shape[axis]!);
  const { values, outer, count, inner } = arrange(x, gone, kept);
  const result = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      result[o * inner + i] = fold(values, o * count * inner + i, count, inner);
    }
  }
  return new Tensor(dtype, shape, pack(result, dtype));
}

/** Reads `x` as `[outer, count, inner]`; moves the reduced axes to the end where they are not neighbours. */
function arrange(x: TensorLike, gone: readonly number[], kept: readonly number[]) {
  const first = gone[0] ?? x.shape.length;
  const count = sizeOf(gone.map((axis) => x.shape[axis]!));
  const neighbours = gone.every((axis, i) => axis === first + i);
  if (neighbours) {
    const inner = sizeOf(x.shape.slice(first + gone.length));
    const outer = sizeOf(x.shape.slice(0, first));
    return { values: toNumbers(x.dtype, x.data), outer, count, inner };
  }
  const order = [...kept, ...gone];
  const strides = stridesOf(x.shape);
  const moved = copyStrided(
    x.dtype,
    x.data,
    order.map((axis) => x.shape[axis]!),
    order.map((axis) => strides[axis]!),
  );
  const outer = sizeOf(kept.map((axis) => x.shape[axis]!));
  return { values: toNumbers(x.dtype, moved), outer, count, inner: 1 };
}

function foldSum(values: NumberArray, start: number, count: number, stride: number): number {
  let total = 0;
  for (let i = 0, at = start; i < count; i++, at += stride) total += values[at]!;
  return total;
}

function foldSquares(values: NumberArray, start: number, count: number, stride: number): number {
  let total = 0;
  for (let i = 0, at = start; i < count; i++, at += stride) total += values[at]! * values[at]!;
  return total;
}

function foldLogSumExp(values: NumberArray, start: number, count: number, stride: number): number {
  const top = by(Number.NEGATIVE_INFINITY, Math.max)(values, start, count, stride);
  if (!Number.isFinite(top)) return top;
  let total = 0;
  for (let i = 0, at = start; i < count; i++, at += stride) total += Math.exp(values[at]! - top);
  return top + Math.log(total);
}

function by(initial: number, step: (total: number, value: number) => number): Fold {
  return (values, start, count, stride) => {
    let total = initial;
    for (let i = 0, at = start; i < count; i++, at += stride) total = step(total, values[at]!);
    return total;
  };
}

function nonEmpty(subject: string, fold: Fold): Fold {
  return (values, start, count, stride) => {
    if (count === 0) throw new RangeError(`${subject}: nothing to reduce`);
    return fold(values, start, count, stride);
  };
}
