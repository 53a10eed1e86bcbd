/** @file Softmax and log-softmax along one axis, in float64 and safe from overflow. */

import { type DType, type FloatOf, floatOf, pack, toNumbers } from "./dtype";
import { around, normalizeAxis } from "./shape";
import { Tensor, type TensorLike } from "./tensor";

/** e^x over its sum along `axis`; integers give float64. */
export function softmax<D extends DType>(x: TensorLike<D>, axis = -1): Tensor<FloatOf<D>> {
  return along("softmax", x, axis, (value, total) => Math.exp(value) / total);
}

/** log of the softmax along `axis`, in nats; integers give float64. */
export function logSoftmax<D extends DType>(x: TensorLike<D>, axis = -1): Tensor<FloatOf<D>> {
  return along("logSoftmax", x, axis, (value, total) => value - Math.log(total));
}

function along<D extends DType>(
  subject: string,
  x: TensorLike<D>,
  axis: number,
  finish: (shifted: number, total: number) => number,
): Tensor<FloatOf<D>> {
  const values = toNumbers(x.dtype, x.data);
  const at = normalizeAxis(axis, x.shape.length, subject);
  const { outer, count, inner } = around(x.shape, at);
  const result = new Float64Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * count * inner + i;
      const end = start + count * inner;
      let top = Number.NEGATIVE_INFINITY;
      for (let k = start; k < end; k += inner) top = Math.max(top, values[k]!);
      let total = 0;
      for (let k = start; k < end; k += inner) total += Math.exp(values[k]! - top);
      for (let k = start; k < end; k += inner) result[k] = finish(values[k]! - top, total);
    }
  }
  const dtype = floatOf(x.dtype);
  return new Tensor(dtype, x.shape, pack(result, dtype));
}
