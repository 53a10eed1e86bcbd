/** @file Rows along the first axis of tensors: one prompt's values, again and again. */

import { allocate, type TensorLike } from "@diopter/tensor";

/** The first axis cut to one row, which is repeated; the only row where all share it. */
export function repeatedRow(x: TensorLike, row: number, times: number): TensorLike {
  const rows = x.shape[0]!;
  const size = x.data.length / rows;
  const start = rows === 1 ? 0 : row * size;
  const own = (x.data as Float32Array).subarray(start, start + size);
  const data = allocate(x.dtype, size * times) as Float32Array;
  for (let i = 0; i < times; i++) data.set(own, i * size);
  return { dtype: x.dtype, shape: [times, ...x.shape.slice(1)], data } as TensorLike;
}

/** The first `count` rows, without a copy. */
export function firstRows(x: TensorLike, count: number): TensorLike {
  const rows = x.shape[0]!;
  if (rows === count) return x;
  const data = (x.data as Float32Array).subarray(0, (x.data.length / rows) * count);
  return { dtype: x.dtype, shape: [count, ...x.shape.slice(1)], data } as TensorLike;
}

/** The same for values by name. */
export function mapTensors(
  values: Readonly<Record<string, TensorLike>>,
  change: (x: TensorLike) => TensorLike,
): Record<string, TensorLike> {
  return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, change(x)]));
}
