/** @file Element by element: `map` over one tensor, `zip` over two under NumPy's broadcasting. */

import { type DType, type NumberArray, pack, scratch, toNumbers } from "./dtype";
import { broadcastShapes, broadcastStrides, sameShape, sizeOf } from "./shape";
import { forEachRow } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

/** `f` of every element. */
export function map<D extends DType>(x: TensorLike<D>, f: (value: number) => number): Tensor<D>;
export function map<D extends DType>(
  x: TensorLike,
  f: (value: number) => number,
  dtype: D,
): Tensor<D>;
export function map(x: TensorLike, f: (value: number) => number, dtype: DType = x.dtype): Tensor {
  const values = toNumbers(x.dtype, x.data);
  const result = scratch(dtype, values.length);
  for (let i = 0; i < result.length; i++) result[i] = f(values[i]!);
  return new Tensor(dtype, x.shape, pack(result, dtype));
}

/** `f` of every pair of elements; a number stands for a tensor of rank 0. */
export function zip<D extends DType>(
  a: TensorLike<D>,
  b: TensorLike | number,
  f: (a: number, b: number) => number,
): Tensor<D>;
export function zip<D extends DType>(
  a: TensorLike,
  b: TensorLike | number,
  f: (a: number, b: number) => number,
  dtype: D,
): Tensor<D>;
export function zip(
  a: TensorLike,
  b: TensorLike | number,
  f: (a: number, b: number) => number,
  dtype: DType = a.dtype,
): Tensor {
  const row: Row = (x, i, stepX, y, j, stepY, result, at, count) => {
    for (let k = at; k < at + count; k++, i += stepX, j += stepY) result[k] = f(x[i]!, y[j]!);
  };
  return zipRows(a, b, row, dtype);
}

/** Combines `count` elements of x from i on (stepX apart) with those of y, into the result from `at` on. */
export type Row = (
  x: NumberArray,
  i: number,
  stepX: number,
  y: NumberArray,
  j: number,
  stepY: number,
  result: Float64Array | Float32Array,
  at: number,
  count: number,
) => void;

/** As `zip`, for a loop instead of a function of two numbers: several times faster, since nothing is called per element. */
export function zipRows<D extends DType>(
  a: TensorLike,
  b: TensorLike | number,
  row: Row,
  dtype: D,
): Tensor<D> {
  const x = toNumbers(a.dtype, a.data);
  const y = typeof b === "number" ? Float64Array.of(b) : toNumbers(b.dtype, b.data);
  const shapeB = typeof b === "number" ? [] : b.shape;
  const shape = broadcastShapes(a.shape, shapeB);
  const result = scratch(dtype, sizeOf(shape));
  if (sameShape(a.shape, shapeB)) row(x, 0, 1, y, 0, 1, result, 0, result.length);
  else {
    const dims = shape.length === 0 ? [1] : shape;
    const p = broadcastStrides(a.shape, dims);
    const q = broadcastStrides(shapeB, dims);
    const inner = dims.at(-1)!;
    forEachRow(dims, [p, q], [0, 0], (at, [i, j]) =>
      row(x, i!, p.at(-1)!, y, j!, q.at(-1)!, result, at, inner),
    );
  }
  return new Tensor(dtype, shape, pack(result, dtype));
}
