/** @file Pieces that shape rules share: broadcasting, axes, dtype checks. */

import type { TensorLike } from "@diopter/tensor";
import { compatible, showShape } from "../graph/dim";
import { type Dim, type ElementType, UnknownRankError } from "../graph/types";
import type { Operand } from "./row";

/** `x [2, batch]`, as errors name an operand. */
export function show(x: Operand): string {
  return `${x.name} ${showShape(x.shape)}`;
}

/** Dimensions of operands broadcast together, as numpy does. */
export function broadcast(op: string, ...xs: readonly Operand[]): Dim[] {
  return broadcastDims(
    xs.map((x) => x.shape),
    () => new RangeError(`${op}: shapes do not broadcast: ${xs.map(show).join(" and ")}`),
  );
}

export function broadcastDims(shapes: readonly (readonly Dim[])[], error: () => Error): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const at = i - (rank - shape.length);
      if (at >= 0) dim = joinDims(dim, shape[at]!, error);
    }
    return dim;
  });
}

function joinDims(a: Dim, b: Dim, error: () => Error): Dim {
  if (a === 1) return b;
  if (b === 1) return a;
  if (!compatible(a, b)) throw error();
  return a ?? b;
}

export function sameDtype(op: string, ...xs: readonly (Operand | undefined)[]): ElementType {
  // Imported graphs may hold values of which nothing is known.
  const given = xs.filter((x) => x !== undefined && x.dtype !== "undefined") as Operand[];
  const first = given[0];
  if (first === undefined) return "undefined";
  for (const x of given) {
    if (x.dtype !== first.dtype) {
      throw new TypeError(
        `${op}: dtypes differ: ${first.name} ${first.dtype} and ${x.name} ${x.dtype}`,
      );
    }
  }
  return first.dtype;
}

export function expectDtype(op: string, x: Operand, ...allowed: readonly ElementType[]): void {
  if (x.dtype !== "undefined" && !allowed.includes(x.dtype)) {
    throw new TypeError(`${op}: ${x.name} is ${x.dtype}, expected ${allowed.join(" or ")}`);
  }
}

export function isFloat(dtype: ElementType): boolean {
  return dtype === "float64" || dtype === "float32" || dtype === "float16" || dtype === "bfloat16";
}

export function expectFloat(op: string, x: Operand): void {
  if (x.dtype !== "undefined" && !isFloat(x.dtype))
    throw new TypeError(`${op}: ${x.name} is ${x.dtype}, expected a float`);
}

/** An axis counted from the front. */
export function axisOf(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`${op}: axis ${axis} is outside [${-rank}, ${rank - 1}]`);
  }
  return axis < 0 ? axis + rank : axis;
}

export function axesOf(op: string, axes: readonly number[], rank: number): number[] {
  const result = axes.map((axis) => axisOf(op, axis, rank));
  if (new Set(result).size !== result.length) {
    throw new RangeError(`${op}: axes ${showShape(axes)} name one axis twice`);
  }
  return result;
}

/** The contents of an integer operand, all of them numbers; undefined when that is not known. */
export function numbers(x: Operand | undefined): number[] | undefined {
  return x?.data?.every((dim) => typeof dim === "number") ? (x.data as number[]) : undefined;
}

/** Element i of contents that broadcast. */
export function dataAt(data: readonly Dim[], i: number): Dim {
  return data.length === 1 ? data[0]! : (data[i] ?? null);
}

/** The contents of an integer tensor as numbers. */
export function ints(x: TensorLike): number[] {
  return Array.from(x.data as ArrayLike<number | bigint>, Number);
}

export function unknownDims(rank: number): null[] {
  return new Array<null>(rank).fill(null);
}

/** The length of a vector operand, which is the rank that it describes. */
export function lengthOf(op: string, x: Operand): number {
  if (x.shape.length !== 1) throw new RangeError(`${op}: ${show(x)} is not a vector`);
  if (typeof x.shape[0] !== "number") throw new UnknownRankError(x.name);
  return x.shape[0];
}
