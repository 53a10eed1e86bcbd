/** @file Margins around a tensor. */

import { checkOptions } from "./check-options";
import { allocate, type DType, pack } from "./dtype";
import { formatShape, sizeOf, stridesOf } from "./shape";
import { cells } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

export interface PadOptions {
  /** What stands in the margin with mode "constant". */
  value?: number;
  /** A constant (default), the nearest element, or the mirror image without its edge. */
  mode?: "constant" | "edge" | "reflect";
}

/** Adds margins in ONNX's order, `[before of each axis, ..., after of each axis, ...]`; negative ones crop. */
export function pad<D extends DType>(
  x: TensorLike<D>,
  pads: readonly number[],
  options: PadOptions = {},
): Tensor<D> {
  checkOptions("pad", options, { value: "optional", mode: "optional" });
  const { value = 0, mode = "constant" } = options;
  const rank = x.shape.length;
  if (pads.length !== 2 * rank) {
    throw new RangeError(`pad: expected ${2 * rank} pads, got ${formatShape(pads)}`);
  }
  const shape = x.shape.map((dim, axis) => dim + pads[axis]! + pads[axis + rank]!);
  const data = allocate(x.dtype, sizeOf(shape));
  const margin = cells(pack([value], x.dtype))[0]!;
  const sources = shape.map((dim, axis) =>
    Array.from({ length: dim }, (_, i) => source(i - pads[axis]!, x.shape[axis]!, mode)),
  );
  const [from, to] = [cells(x.data), cells(data)];
  const [strides, counts] = [stridesOf(x.shape), stridesOf(shape)];
  for (let i = 0; i < to.length; i++) {
    let place = 0;
    for (let axis = 0; axis < rank; axis++) {
      const at = sources[axis]![Math.floor(i / counts[axis]!) % shape[axis]!]!;
      place = at < 0 || place < 0 ? -1 : place + at * strides[axis]!;
    }
    to[i] = place < 0 ? margin : from[place]!;
  }
  return new Tensor(x.dtype, shape, data);
}

/** Which element stands at place `i` of an axis, -1 for the margin's constant. */
function source(i: number, size: number, mode: "constant" | "edge" | "reflect"): number {
  if (i >= 0 && i < size) return i;
  if (mode === "constant") return -1;
  if (mode === "edge" && size > 0) return i < 0 ? 0 : size - 1;
  const mirrored = i < 0 ? -i : 2 * (size - 1) - i;
  if (mirrored < 0 || mirrored >= size) {
    throw new RangeError(`pad: an axis of size ${size} is too short for mode "${mode}"`);
  }
  return mirrored;
}
