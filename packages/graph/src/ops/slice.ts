/** @file Slices and padding, which undo each other. */

import * as t from "@diopter/tensor";
import { addDims } from "../graph/dim";
import type { Dim } from "../graph/types";
import { type Operand, op, optionalInts, string } from "./row";
import { axesOf, axisOf, ints, lengthOf, numbers, sameDtype, show, unknownDims } from "./rules";

/** Ends from here on mean "to the end" in a symbolic dimension. */
export const FAR = 2 ** 31 - 1;

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
  if (typeof end === "number" && end >= FAR) return addDims(dim, from, -1);
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
