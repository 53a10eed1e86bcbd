/** @file The same elements in other places: reshaped, permuted, repeated, joined, cut, padded. */

import * as t from "@diopter/tensor";
import { addDims, compatible, divDims, mulDims, productOf, showShape } from "../graph/dim";
import type { Dim } from "../graph/types";
import { type Inferred, int, type Operand, op, optionalInts, string } from "./row";
import {
  axesOf,
  axisOf,
  broadcastDims,
  ints,
  lengthOf,
  numbers,
  sameDtype,
  show,
  unknownDims,
} from "./rules";

const same = (x: Operand): Inferred => ({ dtype: x.dtype, shape: x.shape, data: x.data });

export const Identity = op({
  infer: ([x]) => [same(x)],
  evaluate: ([x]) => [x],
});

/** 0 copies the dimension of the input, one -1 takes what is left. Source: ONNX Reshape-14. */
export const Reshape = op({
  arity: [2, 2],
  attrs: { allowzero: int(0) },
  infer: ([x, shape], { allowzero }, context) => {
    if (shape.data === undefined) {
      return [{ dtype: x.dtype, shape: unknownDims(lengthOf(context.op, shape)) }];
    }
    return [
      { dtype: x.dtype, shape: reshaped(context.op, x, shape.data, allowzero !== 0), data: x.data },
    ];
  },
  evaluate: ([x, shape], { allowzero }) => {
    const dims = ints(shape).map((n, i) => (n === 0 && !allowzero ? x.shape[i]! : n));
    const rest = dims.indexOf(-1);
    if (rest >= 0) dims[rest] = x.size / dims.reduce((n, dim, i) => (i === rest ? n : n * dim), 1);
    return [t.reshape(x, dims)];
  },
});

function reshaped(name: string, x: Operand, target: readonly Dim[], allowZero: boolean): Dim[] {
  const error = () => new RangeError(`${name}: cannot reshape ${show(x)} to ${showShape(target)}`);
  const dims = target.map((dim, i) => {
    if (dim !== 0 || allowZero) return dim;
    if (i >= x.shape.length) throw error();
    return x.shape[i]!;
  });
  // Dimensions that stay in place cancel, so that unknown ones do no harm.
  const total = productOf(x.shape.filter((dim, i) => target[i] !== 0 || dim !== null));
  const rest = dims.indexOf(-1);
  const known = productOf(dims.filter((dim, i) => i !== rest && (target[i] !== 0 || dim !== null)));
  if (rest < 0) {
    if (!compatible(total, known)) throw error();
    return dims;
  }
  const left = divDims(total, known);
  if (typeof total === "number" && typeof known === "number" && left === null && known !== 0)
    throw error();
  dims[rest] = left;
  return dims;
}

export const Flatten = op({
  attrs: { axis: int(1) },
  infer: ([x], { axis }, context) => {
    const at = axis === x.shape.length ? axis : axisOf(context.op, axis, x.shape.length);
    return [
      { dtype: x.dtype, shape: [productOf(x.shape.slice(0, at)), productOf(x.shape.slice(at))] },
    ];
  },
  evaluate: ([x], { axis }) => {
    const at = axis < 0 ? axis + x.rank : axis;
    const size = (dims: readonly number[]) => dims.reduce((n, dim) => n * dim, 1);
    return [t.reshape(x, [size(x.shape.slice(0, at)), size(x.shape.slice(at))])];
  },
});

/** New axes of length 1, numbered as in the result. Before opset 13 the axes are an attribute. */
export const Unsqueeze = op({
  arity: [1, 2],
  attrs: { axes: optionalInts },
  infer: ([x, given], attrs, context) => {
    const axes = given === undefined ? attrs.axes : numbers(given);
    if (axes === undefined) {
      if (given === undefined) throw new RangeError(`${context.op}: no axes for ${show(x)}`);
      return [{ dtype: x.dtype, shape: unknownDims(x.shape.length + lengthOf(context.op, given)) }];
    }
    const rank = x.shape.length + axes.length;
    const added = axesOf(context.op, axes, rank);
    let next = 0;
    const shape = Array.from({ length: rank }, (_, i) =>
      added.includes(i) ? 1 : x.shape[next++]!,
    );
    return [{ dtype: x.dtype, shape, data: x.data }];
  },
  evaluate: ([x, given], attrs) => {
    const axes = given === undefined ? attrs.axes! : ints(given);
    const rank = x.rank + axes.length;
    const added = axesOf("Unsqueeze", axes, rank);
    let next = 0;
    return [
      t.reshape(
        x,
        Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : x.shape[next++]!)),
      ),
    ];
  },
});

export const Squeeze = op({
  arity: [1, 2],
  attrs: { axes: optionalInts },
  infer: ([x, given], attrs, context) => {
    const axes = given === undefined ? attrs.axes : numbers(given);
    if (given !== undefined && axes === undefined) {
      return [{ dtype: x.dtype, shape: unknownDims(x.shape.length - lengthOf(context.op, given)) }];
    }
    const removed = axes && axesOf(context.op, axes, x.shape.length);
    removed?.forEach((axis) => {
      if (!compatible(x.shape[axis]!, 1)) {
        throw new RangeError(`${context.op}: dimension ${axis} of ${show(x)} is not 1`);
      }
    });
    const shape = x.shape.filter((dim, i) => (removed ? !removed.includes(i) : dim !== 1));
    return [{ dtype: x.dtype, shape, data: x.data }];
  },
  evaluate: ([x, given], attrs) => {
    const axes = given === undefined ? attrs.axes : ints(given);
    const removed = axes && axesOf("Squeeze", axes, x.rank);
    return [
      t.reshape(
        x,
        x.shape.filter((n, i) => (removed ? !removed.includes(i) : n !== 1)),
      ),
    ];
  },
});

export const Transpose = op({
  attrs: { perm: optionalInts },
  infer: ([x], { perm }, context) => {
    const order = perm ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    if (
      order.length !== x.shape.length ||
      [...order].sort((p, q) => p - q).some((axis, i) => axis !== i)
    ) {
      throw new RangeError(
        `${context.op}: ${showShape(order)} does not permute the axes of ${show(x)}`,
      );
    }
    return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis]!) }];
  },
  evaluate: ([x], { perm }) => [t.transpose(x, perm && [...perm])],
});

/** Broadcasts to a shape; a dimension of 1 there keeps the input's. Source: ONNX Expand-13. */
export const Expand = op({
  arity: [2, 2],
  infer: ([x, shape], _, context) => {
    const target = shape.data ?? unknownDims(lengthOf(context.op, shape));
    const error = () =>
      new RangeError(`${context.op}: ${show(x)} does not broadcast to ${showShape(target)}`);
    return [{ dtype: x.dtype, shape: broadcastDims([x.shape, target], error) }];
  },
  evaluate: ([x, shape]) => [t.expand(x, t.broadcastShapes(x.shape, ints(shape)))],
});

export const Tile = op({
  arity: [2, 2],
  infer: ([x, repeats], _, context) => {
    const length = repeats.data?.length ?? lengthOf(context.op, repeats);
    if (length !== x.shape.length) {
      throw new RangeError(`${context.op}: ${length} repeats for ${show(x)}`);
    }
    return [
      { dtype: x.dtype, shape: x.shape.map((dim, i) => mulDims(dim, repeats.data?.[i] ?? null)) },
    ];
  },
  evaluate: ([x, repeats]) => [t.tile(x, ints(repeats))],
});

export const Concat = op({
  arity: [1, Number.POSITIVE_INFINITY],
  attrs: { axis: int(0) },
  infer: (xs, { axis }, context) => {
    const [first] = xs;
    const rank = first.shape.length;
    const at = axisOf(context.op, axis, rank);
    const shape = [...first.shape];
    for (const x of xs.slice(1)) {
      const fits =
        x.shape.length === rank &&
        x.shape.every((dim, i) => i === at || compatible(dim, shape[i]!));
      if (!fits)
        throw new RangeError(
          `${context.op}: shapes differ beside axis ${at}: ${xs.map(show).join(", ")}`,
        );
      x.shape.forEach((dim, i) => {
        shape[i] = i === at ? addDims(shape[i]!, dim) : (shape[i] ?? dim);
      });
    }
    const data = xs.every((x) => x.data) ? xs.flatMap((x) => [...x.data!]) : undefined;
    return [{ dtype: sameDtype(context.op, ...xs), shape, data }];
  },
  evaluate: (xs, { axis }) => [t.concat([...xs], axis)],
});

/** Source: ONNX Split-18; before opset 13 the sizes are an attribute. */
export const Split = op({
  arity: [1, 2],
  attrs: { axis: int(0), split: optionalInts, num_outputs: int(0) },
  infer: ([x, given], attrs, context) => {
    const at = axisOf(context.op, attrs.axis, x.shape.length);
    const sizes = given === undefined ? attrs.split : given.data;
    const total = x.shape[at]!;
    if (sizes && sizes.length !== context.outputs) {
      throw new RangeError(`${context.op}: ${sizes.length} sizes for ${context.outputs} outputs`);
    }
    const sum = sizes?.reduce<Dim>((n, size) => addDims(n, size), 0);
    if (sum !== undefined && !compatible(sum, total)) {
      throw new RangeError(
        `${context.op}: sizes ${showShape(sizes!)} do not add up to dimension ${at} of ${show(x)}`,
      );
    }
    const parts =
      sizes ?? (given ? unknownDims(context.outputs) : evenParts(total, context.outputs));
    return parts.map((size) => ({
      dtype: x.dtype,
      shape: x.shape.map((dim, i) => (i === at ? size : dim)),
    }));
  },
  evaluate: ([x, given], attrs, context) => {
    const at = axisOf(context.op, attrs.axis, x.rank);
    const sizes = given ? ints(given) : (attrs.split ?? evenParts(x.shape[at]!, context.outputs));
    return t.split(x, sizes as number[], at);
  },
});

/** As equal as can be, the last part smaller. */
function evenParts(total: Dim, count: number): Dim[] {
  if (typeof total !== "number") return new Array<Dim>(count).fill(divDims(total, count));
  const size = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) =>
    i < count - 1 ? size : total - size * (count - 1),
  );
}

/** Ends from here on mean "to the end" in a symbolic dimension. */
export const farEnd = 2 ** 31 - 1;

/** Length of start:end:step along a dimension. */
function lengthOfSlice(dim: Dim, start: Dim, end: Dim, step: number): Dim {
  if (start === null || end === null) return null;
  if (typeof dim === "number" && typeof start === "number" && typeof end === "number") {
    const [from, to] = boundsOf(dim, start, end, step);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  if (step !== 1 || dim === null) return null;
  // Symbolic: lengths are taken to be long enough for the slice, as the caller says.
  const from = typeof start === "number" && start < 0 ? addDims(dim, start) : start;
  if (typeof end === "number" && end >= farEnd) return addDims(dim, from, -1);
  return addDims(typeof end === "number" && end < 0 ? addDims(dim, end) : end, from, -1);
}

/** First and past-the-last index of a slice, as ONNX clamps them. */
export function boundsOf(size: number, start: number, end: number, step: number): [number, number] {
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  return step > 0
    ? [clamp(start, 0, size), clamp(end, 0, size)]
    : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)];
}

/** Source: ONNX Slice-13. */
export const Slice = op({
  since: 10,
  arity: [3, 5],
  infer: ([x, starts, ends, axes, steps], _, context) => {
    const shape = [...x.shape];
    const at = axes === undefined ? starts.data?.map((__, i) => i) : numbers(axes);
    if (at === undefined) return [{ dtype: x.dtype, shape: unknownDims(shape.length) }];
    const by = steps === undefined ? at.map(() => 1) : numbers(steps);
    axesOf(context.op, at, shape.length).forEach((axis, i) => {
      const step = by?.[i];
      if (step === 0)
        throw new RangeError(`${context.op}: a step of 0 along axis ${axis} of ${show(x)}`);
      const from = starts.data?.[i] ?? null;
      const to = ends.data?.[i] ?? null;
      shape[axis] = step === undefined ? null : lengthOfSlice(shape[axis]!, from, to, step);
    });
    return [{ dtype: x.dtype, shape, data: sliceData(x, starts, ends, by) }];
  },
  evaluate: ([x, starts, ends, axes, steps]) => [
    t.slice(x, ints(starts), ints(ends), axes && ints(axes), steps && ints(steps)),
  ],
});

function sliceData(x: Operand, starts: Operand, ends: Operand, by: number[] | undefined) {
  const [start] = numbers(starts) ?? [];
  const [end] = numbers(ends) ?? [];
  if (x.shape.length !== 1 || start === undefined || end === undefined || by?.[0] !== 1)
    return undefined;
  return x.data?.slice(start, end);
}

/** Source: ONNX Pad-18; pads are all the befores, then all the afters. */
export const Pad = op({
  since: 11,
  arity: [2, 4],
  attrs: { mode: string("constant"), pads: optionalInts },
  infer: ([x, pads, value, axes], _, context) => {
    sameDtype(context.op, x, value);
    const rank = x.shape.length;
    const at = axes === undefined ? x.shape.map((__, i) => i) : numbers(axes);
    const shape: Dim[] = at ? [...x.shape] : unknownDims(rank);
    const length = pads.data?.length ?? lengthOf(context.op, pads);
    if (at && length !== 2 * at.length) {
      throw new RangeError(`${context.op}: ${length} pads for ${at.length} axes of ${show(x)}`);
    }
    at?.forEach((axis, i) => {
      const to = axisOf(context.op, axis, rank);
      const [before, after] = [pads.data?.[i] ?? null, pads.data?.[at.length + i] ?? null];
      shape[to] = addDims(addDims(shape[to]!, before), after);
    });
    return [{ dtype: x.dtype, shape }];
  },
  evaluate: ([x, pads, value, axes], { mode }, context) => {
    if (mode !== "constant" && mode !== "edge" && mode !== "reflect") {
      throw new RangeError(`${context.op}: mode "${mode}" is not supported`);
    }
    const at = axes ? axesOf(context.op, ints(axes), x.rank) : x.shape.map((_, i) => i);
    const all = allPads(x.rank, ints(pads), at);
    return [t.pad(x, all, { mode, value: value?.item() ?? 0 })];
  },
});

/** Pads of some axes as pads of all of them. */
function allPads(rank: number, pads: readonly number[], axes: readonly number[]): number[] {
  const all = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    all[axis] = pads[i]!;
    all[rank + axis] = pads[axes.length + i]!;
  });
  return all;
}
