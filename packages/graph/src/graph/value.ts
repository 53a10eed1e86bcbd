/** @file The handle of a value inside a builder. */

import type { Dim, ElementType } from "./types";

/** A value of a graph under construction: its name, element type and dimensions. */
export interface Value {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly Dim[];
}

/** Thrown where a rule needs the dimensions of a value of which nothing is known. */
export class UnknownRankError extends RangeError {
  override readonly name = "UnknownRankError";
  constructor(value: string) {
    super(`value "${value}": its rank is unknown`);
  }
}

/** The builder's own side of a `Value`: it may still be renamed, and small integer contents are remembered. */
export class Handle implements Value {
  constructor(
    public name: string,
    readonly dtype: ElementType,
    public dims: readonly Dim[] | undefined,
    readonly data?: readonly Dim[] | undefined,
    public automatic = false,
  ) {}

  get shape(): readonly Dim[] {
    if (this.dims === undefined) throw new UnknownRankError(this.name);
    return this.dims;
  }
}
