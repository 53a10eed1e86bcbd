/** @file Rows of a tensor again, for batches that hold every prompt more than once. */

import type { TensorLike } from "@diopter/tensor";

/** The rows of `value` again and again: row i of the result is row i mod n. */
export function repeatRows(value: TensorLike, times: number): TensorLike {
  const { data } = value;
  const out = new (data.constructor as new (length: number) => typeof data)(data.length * times);
  for (let i = 0; i < times; i++) (out as Float32Array).set(data as Float32Array, i * data.length);
  return {
    dtype: value.dtype,
    shape: [value.shape[0]! * times, ...value.shape.slice(1)],
    data: out,
  } as TensorLike;
}
