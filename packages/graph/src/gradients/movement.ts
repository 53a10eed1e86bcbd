/** @file Gradients of ops that put elements in other places: they take them back. */

import type { Builder } from "../builder/builder";
import { addDims } from "../graph/dim";
import type { Dim, ElementType, Value } from "../graph/types";
import type * as rows from "../ops/movement";
import { boundsOf, farEnd } from "../ops/movement";
import { axesOf, axisOf, ints } from "../ops/rules";
import type { GradientRule, RuleOf } from "./rule";
import { sumTo } from "./shared";

const reshapedBack: GradientRule = (b, { inputs: [x] }, [dy]) => [b.reshape(dy, x)];

export const Flatten = reshapedBack;
export const Reshape = reshapedBack;
export const Squeeze = reshapedBack;
export const Unsqueeze = reshapedBack;

export const Identity: GradientRule = (_, __, [dy]) => [dy];

export const Cast: GradientRule = (b, { inputs: [x] }, [dy]) => [
  b.cast(dy, x.dtype as Exclude<ElementType, "undefined">),
];

type Rows = typeof rows;

export const Transpose: RuleOf<Rows["Transpose"]> = (b, { attrs: { perm } }, [dy]) => {
  const order = perm ?? dy.shape.map((_, i) => dy.shape.length - 1 - i);
  return [
    b.transpose(
      dy,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ];
};

export const Expand: GradientRule = (b, { inputs: [x] }, [dy]) => [sumTo(b, dy, x)];

export const Tile: GradientRule = (b, { inputs: [x, repeats] }, [dy]) => {
  const known = b.known(repeats);
  if (known === undefined)
    throw new RangeError(`differentiate: the repeats ${repeats.name} are not a constant`);
  const counts = ints(known);
  const apart = x.shape.flatMap((dim, i) => [counts[i]!, dim]);
  return [
    b.sum(
      b.reshape(dy, apart),
      counts.map((_, i) => 2 * i),
    ),
  ];
};

export const Concat: RuleOf<Rows["Concat"]> = (b, { inputs, attrs: { axis } }, [dy]) => {
  const at = axisOf("Concat", axis, dy.shape.length);
  let end: Dim | Value = 0;
  return inputs.map((x) => {
    const start: Dim | Value = end;
    const size: Dim = x.shape[at]!;
    end =
      typeof start !== "object" && size !== null
        ? addDims(start, size)
        : b.add(b.dim(start), b.shapeOf(x, at));
    const stop = end;
    return () =>
      inputs.length === 1
        ? dy
        : b.assume(b.slice(dy, { axis: at, start: b.dim(start), end: b.dim(stop) }), x.shape);
  });
};

export const Split: RuleOf<Rows["Split"]> = (b, { inputs: [x], outputs, attrs: { axis } }, dys) => [
  b.assume(
    b.concat(
      outputs.map((y, i) => (dys[i] as Value | undefined) ?? b.fill(y, 0)),
      axis,
    ),
    x.shape,
  ),
];

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
          ? boundsOf(size, start, farEnd, 1)[0]
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
  const [first] = boundsOf(size, start, step > 0 ? farEnd : -farEnd, step);
  const forward = step > 0 ? dy : b.slice(dy, { axis, start: -1, end: -farEnd, step: -1 });
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

export const Pad: RuleOf<Rows["Pad"]> = (
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
