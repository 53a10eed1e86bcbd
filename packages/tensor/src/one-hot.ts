/** @file Indices as indicator vectors. */

import { checkOptions } from "./check-options";
import { allocate, type DType, pack } from "./dtype";
import { around, normalizeAxis, normalizeIndex, sizeOf } from "./shape";
import { cells } from "./strided";
import { type Indices, readIndices, Tensor } from "./tensor";

export interface OneHotOptions<D extends DType> {
  /** Where the new axis stands in the result; last by default. */
  axis?: number;
  on?: number;
  off?: number;
  dtype?: D;
}

/** A new axis of size `depth` with `on` at each index and `off` elsewhere; throws RangeError outside `depth`. */
export function oneHot<D extends DType = "float32">(
  indices: Indices,
  depth: number,
  options: OneHotOptions<D> = {},
): Tensor<D> {
  checkOptions("oneHot", options, {
    axis: "optional",
    on: "optional",
    off: "optional",
    dtype: "optional",
  });
  const { axis = -1, on = 1, off = 0, dtype = "float32" as D } = options;
  const [places, indexShape] = readIndices(indices);
  const at = normalizeAxis(axis, indexShape.length + 1, "oneHot");
  const shape = indexShape.toSpliced(at, 0, depth);
  const data = allocate(dtype, sizeOf(shape));
  const [high, low] = cells(pack([on, off], dtype));
  const to = cells(data).fill(low!);
  const { inner } = around(shape, at);
  for (let i = 0; i < places.length; i++) {
    const index = normalizeIndex(places[i]!, depth, at, "oneHot");
    to[(Math.floor(i / inner) * depth + index) * inner + (i % inner)] = high!;
  }
  return new Tensor(dtype, shape, data);
}
