/** @file Running sums. */

import { checkOptions } from "./check-options";
import { type DType, pack, toNumbers } from "./dtype";
import { around, normalizeAxis } from "./shape";
import { Tensor, type TensorLike } from "./tensor";

export interface CumsumOptions {
  /** Leave the element itself out. */
  exclusive?: boolean;
  /** Sum from the end. */
  reverse?: boolean;
}

/** Running sums along `axis`. */
export function cumsum<D extends DType>(
  x: TensorLike<D>,
  axis = -1,
  options: CumsumOptions = {},
): Tensor<D> {
  checkOptions("cumsum", options, { exclusive: "optional", reverse: "optional" });
  const { exclusive = false, reverse = false } = options;
  const values = toNumbers(x.dtype, x.data);
  const at = normalizeAxis(axis, x.shape.length, "cumsum");
  const { outer, count, inner } = around(x.shape, at);
  const result = new Float64Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let k = 0; k < count; k++) {
        const place = (o * count + (reverse ? count - 1 - k : k)) * inner + i;
        if (exclusive) result[place] = total;
        total += values[place]!;
        if (!exclusive) result[place] = total;
      }
    }
  }
  return new Tensor(x.dtype, x.shape, pack(result, x.dtype));
}
