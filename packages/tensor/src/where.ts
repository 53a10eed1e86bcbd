/** @file Choice between two tensors by a condition. */

import { allocate, checkSameDType, type DType, pack } from "./dtype";
import { expand } from "./expand";
import { broadcastShapes } from "./shape";
import { cells } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

/** `a` where the condition is not 0, else `b`; all three broadcast, a number takes the other's dtype. */
export function where<D extends DType>(
  condition: TensorLike,
  a: TensorLike<D>,
  b: TensorLike | number,
): Tensor<D>;
export function where<D extends DType>(
  condition: TensorLike,
  a: number,
  b: TensorLike<D>,
): Tensor<D>;
export function where(
  condition: TensorLike,
  a: TensorLike | number,
  b: TensorLike | number,
): Tensor {
  const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float32";
  const yes = operand(a, dtype);
  const no = operand(b, dtype);
  checkSameDType("where", yes.dtype, no.dtype);
  const shape = broadcastShapes(condition.shape, yes.shape, no.shape);
  const choose = expand(condition, shape).data;
  const from = cells(expand(yes, shape).data);
  const otherwise = cells(expand(no, shape).data);
  const data = allocate<DType>(dtype, choose.length);
  const to = cells(data);
  const falsy = condition.dtype === "int64" ? 0n : 0;
  for (let i = 0; i < to.length; i++) to[i] = choose[i] !== falsy ? from[i]! : otherwise[i]!;
  return new Tensor(dtype, shape, data);
}

function operand(x: TensorLike | number, dtype: DType): TensorLike {
  return typeof x === "number" ? new Tensor(dtype, [], pack([x], dtype)) : x;
}
