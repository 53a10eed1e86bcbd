/** @file Matrix products with NumPy's rules, accumulated in float64. */

import { checkSameDType, type DType, type NumberArray, pack, toDoubles, toNumbers } from "./dtype";
import { broadcastShapes, broadcastStrides, formatShape, sizeOf } from "./shape";
import { Tensor, type TensorLike } from "./tensor";

/**
 * The product `[..., n, k] x [..., k, m] -> [..., n, m]`; leading axes broadcast, vectors as in NumPy.
 *
 * Throws RangeError when inner dimensions differ, TypeError when dtypes do.
 */
export function matmul<D extends DType>(a: TensorLike<D>, b: TensorLike): Tensor<D> {
  checkSameDType("matmul", a.dtype, b.dtype);
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new RangeError(
      `matmul: expected rank 1 or more: ${formatShape(a.shape)} x ${formatShape(b.shape)}`,
    );
  }
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [rows, inner] = left.slice(-2) as [number, number];
  const [depth, columns] = right.slice(-2) as [number, number];
  if (inner !== depth) {
    throw new RangeError(
      `matmul: inner dimensions differ: ${formatShape(a.shape)} x ${formatShape(b.shape)}`,
    );
  }
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
  const data = multiply(a, left, b, right, batch);
  const shape = batch.slice();
  if (a.shape.length > 1) shape.push(rows);
  if (b.shape.length > 1) shape.push(columns);
  return new Tensor(a.dtype, shape, pack(data, a.dtype));
}

function multiply(
  a: TensorLike,
  left: readonly number[],
  b: TensorLike,
  right: readonly number[],
  batch: readonly number[],
): Float64Array {
  const [rows, inner] = left.slice(-2) as [number, number];
  const columns = right.at(-1)!;
  const x = toDoubles(a.dtype, a.data);
  const y = toNumbers(b.dtype, b.data);
  const result = new Float64Array(sizeOf(batch) * rows * columns);
  if (sizeOf(right.slice(0, -2)) === 1) {
    // One right matrix for the whole batch: the batch is only more rows.
    product(x, 0, y, 0, result, 0, sizeOf(batch) * rows, inner, columns);
    return result;
  }
  const p = batchOffsets(left.slice(0, -2), batch);
  const q = batchOffsets(right.slice(0, -2), batch);
  for (let i = 0; i < p.length; i++) {
    const to = i * rows * columns;
    product(x, p[i]! * rows * inner, y, q[i]! * inner * columns, result, to, rows, inner, columns);
  }
  return result;
}

/** Which matrix of an operand stands at each place of the broadcast batch. */
function batchOffsets(shape: readonly number[], batch: readonly number[]): Float64Array {
  const strides = broadcastStrides(shape, batch);
  const offsets = new Float64Array(sizeOf(batch));
  let block = offsets.length;
  batch.forEach((dim, axis) => {
    block /= dim;
    for (let i = 0; i < offsets.length; i++) {
      offsets[i]! += (Math.floor(i / block) % dim) * strides[axis]!;
    }
  });
  return offsets;
}

const panelRows = 64;

/**
 * c += a b for one pair of matrices.
 *
 * Rows of c accumulate multiples of rows of b, so every inner loop is contiguous; b is taken in panels that stay
 * in cache, and a panel that is not float64 is converted once for all rows of a.
 */
function product(
  a: Float64Array,
  aStart: number,
  b: NumberArray,
  bStart: number,
  c: Float64Array,
  cStart: number,
  rows: number,
  inner: number,
  columns: number,
): void {
  for (let k = 0; k < inner; k += panelRows) {
    const depth = Math.min(panelRows, inner - k);
    const from = bStart + k * columns;
    const part = b.subarray(from, from + depth * columns);
    const panel = part instanceof Float64Array ? part : new Float64Array(part);
    for (let i = 0; i < rows; i++) {
      accumulate(a, aStart + i * inner + k, panel, depth, c, cStart + i * columns, columns);
    }
  }
}

/** Adds `a[at .. at + depth] x panel [depth, columns]` to one row of c, four rows of the panel at a time. */
function accumulate(
  a: Float64Array,
  at: number,
  panel: Float64Array,
  depth: number,
  c: Float64Array,
  row: number,
  columns: number,
): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const a0 = a[at + k]!;
    const a1 = a[at + k + 1]!;
    const a2 = a[at + k + 2]!;
    const a3 = a[at + k + 3]!;
    const p0 = k * columns;
    const p1 = p0 + columns;
    const p2 = p1 + columns;
    const p3 = p2 + columns;
    for (let j = 0; j < columns; j++) {
      c[row + j]! +=
        a0 * panel[p0 + j]! + a1 * panel[p1 + j]! + a2 * panel[p2 + j]! + a3 * panel[p3 + j]!;
    }
  }
  for (; k < depth; k++) {
    const a0 = a[at + k]!;
    const p0 = k * columns;
    for (let j = 0; j < columns; j++) c[row + j]! += a0 * panel[p0 + j]!;
  }
}
