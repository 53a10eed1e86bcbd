/** @file Pieces that gradient rules share. */

import type { Builder } from "../builder/builder";
import { sameDim, showShape } from "../graph/dim";
import type { Value } from "../graph/types";

/** Sums a gradient over the axes along which `x` was broadcast; the last `apart` axes never are. */
export function sumTo(b: Builder, dy: Value, x: Value, apart = 0): Value {
  const lead = dy.shape.length - x.shape.length;
  const kept: number[] = [];
  x.shape.forEach((dim, i) => {
    const given = dy.shape[lead + i]!;
    if (sameDim(dim, given) || i >= x.shape.length - apart) return;
    if (dim === 1) kept.push(lead + i);
    else if (dim === null && given === null) return;
    else {
      throw new RangeError(
        `differentiate: cannot tell how ${x.name} ${showShape(x.shape)} broadcasts to ${showShape(dy.shape)}`,
      );
    }
  });
  const leading = Array.from({ length: lead }, (_, i) => i);
  if (kept.length === 0) return lead === 0 ? dy : b.sum(dy, leading);
  const summed = b.sum(dy, [...leading, ...kept], true);
  return lead === 0 ? summed : b.squeeze(summed, leading);
}

/** The number of elements that a reduction over `axes` of `x` joins: a number, or a value of x's dtype. */
export function countOf(b: Builder, x: Value, axes: readonly number[]): Value | number {
  const dims = axes.map((axis) => x.shape[axis]!);
  if (dims.every((dim) => typeof dim === "number")) return dims.reduce((n, dim) => n * dim, 1);
  const known = dims.map((dim, i) => (dim === null ? b.shapeOf(x, axes[i]!) : b.dim(dim)));
  const product = known.reduce((n, dim) => b.mul(n, dim));
  return b.reshape(b.cast(product, x.dtype), []);
}
