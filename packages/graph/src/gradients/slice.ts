/** @file Gradients of slices and padding, which undo each other. */

import type { Builder } from "../builder/builder";
import { addDims } from "../graph/dim";
import type { Dim, Value } from "../graph/types";
import { axesOf } from "../ops/rules";
import type * as rows from "../ops/slice";
import { boundsOf, FAR } from "../ops/slice";
import type { GradientRule, RuleOf } from "./rule";

export const Slice: GradientRule = (b, { inputs: [x, starts, , axes, steps] }, [dy]) => {
  const rank = x.shape.length;
  const at =
    axes === undefined ? contents(b, starts).map((_, i) => i) : contents(b, axes).map(Number);
  const by = steps === undefined ? at.map(() => 1) : contents(b, steps).map(Number);
  const from = b.contents(starts);
  let g = dy;
  axesOf("Slice", at, rank).forEach((axis, i) => {
    const start = from?.[i] ?? b.slice(starts, { axis: 0, start: i, end: i + 1 });
    g = unslice(b, g, { x, axis, start, step: by[i]! });
  });
  return [b.assume(g, x.shape)];
};

/** The contents of an integer vector that a rule must know. */
function contents(b: Builder, x: Value): readonly Dim[] {
  const known = b.contents(x);
  if (known === undefined)
    throw new RangeError(`differentiate: the contents of ${x.name} are not known`);
  return known;
}

function padAxis(
  b: Builder,
  x: Value,
  axis: number,
  before: Dim | Value,
  after: Dim | Value,
): Value {
  if (before === 0 && after === 0) return x;
  return b.pad(x, { axis, before, after });
}

/** Puts a gradient back where a slice along one axis took the values from, zeros elsewhere. */
export function unslice(
  b: Builder,
  dy: Value,
  {
    x,
    axis,
    start,
    step = 1,
  }: { x: Value; axis: number; start: number | string | Value; step?: number },
): Value {
  const size = x.shape[axis]!;
  if (step === 1) {
    const taken = dy.shape[axis]!;
    if (typeof start !== "object" && size !== null && taken !== null) {
      const clamped =
        typeof start === "number" && typeof size === "number"
          ? boundsOf(size, start, FAR, 1)[0]
          : start;
      const before = typeof clamped === "number" && clamped < 0 ? addDims(size, clamped) : clamped;
      return padAxis(b, dy, axis, before, addDims(addDims(size, before, -1), taken, -1));
    }
    const total = b.shapeOf(x, axis);
    const first = b.dim(start);
    const before = b.where(b.less(first, 0), b.add(first, total), first);
    return padAxis(b, dy, axis, before, b.sub(b.sub(total, before), b.shapeOf(dy, axis)));
  }
  if (typeof size !== "number" || typeof start !== "number") {
    throw new RangeError(
      `differentiate: a slice of ${x.name} with step ${step} needs a numeric dimension`,
    );
  }
  const count = dy.shape[axis] as number;
  const [first] = boundsOf(size, start, step > 0 ? FAR : -FAR, step);
  const forward = step > 0 ? dy : b.slice(dy, { axis, start: -1, end: -FAR, step: -1 });
  const stride = Math.abs(step);
  const lowest = step > 0 ? first : first - (count - 1) * stride;
  // Each element is followed by stride − 1 zeros; the last one's are cut so that nothing hangs over.
  const apart = padAxis(b, b.unsqueeze(forward, [axis + 1]), axis + 1, 0, stride - 1);
  const flat = b.reshape(
    apart,
    dy.shape.map((dim, i) => (i === axis ? count * stride : dim)),
  );
  const exact = b.slice(flat, { axis, start: 0, end: (count - 1) * stride + 1 });
  return padAxis(b, exact, axis, lowest, size - lowest - ((count - 1) * stride + 1));
}

export const Pad: RuleOf<typeof rows.Pad> = (
  b,
  { inputs: [x, pads, , axes], attrs: { mode } },
  [dy],
) => {
  if (mode !== "constant")
    throw new RangeError(`differentiate: Pad with mode "${mode}" has no rule`);
  const at = axes === undefined ? x.shape.map((_, i) => i) : contents(b, axes).map(Number);
  let g = dy;
  at.forEach((axis, i) => {
    const before = b.slice(pads, { axis: 0, start: i, end: i + 1 });
    const end = b.add(before, b.shapeOf(x, axis));
    g = b.slice(g, { axis, start: before, end });
  });
  return [b.assume(g, x.shape)];
};
