/** @file Conversion between dtypes. */

import { checkDType, type DType, pack, toNumbers } from "./dtype";
import { Tensor, type TensorLike } from "./tensor";

/**
 * The same values in another dtype; shares memory when nothing changes.
 *
 * Floats round to nearest, floats become integers by truncation, anything but 0 becomes true.
 * Throws RangeError on a value that the integer dtype cannot hold.
 */
export function cast<D extends DType>(x: TensorLike, dtype: D): Tensor<D> {
  if (x.dtype === checkDType(dtype)) return Tensor.from(x as TensorLike<D>);
  return new Tensor(dtype, x.shape, pack(toNumbers(x.dtype, x.data), dtype));
}
