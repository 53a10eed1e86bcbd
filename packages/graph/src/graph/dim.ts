/** @file Dimensions of which something may be unknown: comparison and arithmetic, by that of `Size` where all is known. */

import { Size } from "./size";
import type { Dim } from "./types";

/** The monomials of a dimension as `[coefficient, symbols]`, for code that computes it at run time. */
export function termsOf(dim: number | string): Size["terms"] {
  return Size.of(dim).terms;
}

/** Whether two dimensions are known to be equal; nothing is known of `null`. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (a === null || b === null) return false;
  if (a === b) return true;
  if (typeof a === "number" && typeof b === "number") return false;
  return Size.of(a).equals(Size.of(b));
}

/** Whether two dimensions may be equal: the same, or one of them unknown. */
export function compatible(a: Dim, b: Dim): boolean {
  return a === null || b === null || sameDim(a, b);
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]!));
}

export function addDims(a: Dim, b: Dim, sign: 1 | -1 = 1): Dim {
  if (a === null || b === null) return null;
  if (b === 0) return a;
  if (typeof a === "number" && typeof b === "number") return a + sign * b;
  const [x, y] = [Size.of(a), Size.of(b)];
  return (sign === 1 ? x.plus(y) : x.minus(y)).dim;
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  if (a === null || b === null) return null;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number") return a * b;
  return Size.of(a).times(Size.of(b)).dim;
}

/** a / b when that is exact and b is a single term, else null. */
export function divDims(a: Dim, b: Dim): Dim {
  if (a === null || b === null || b === 0) return null;
  return Size.of(a).over(Size.of(b))?.dim ?? null;
}

export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(mulDims, 1);
}

/** `[batch, 3, ?]`, as errors print a shape. */
export function showShape(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}
