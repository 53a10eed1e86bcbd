/** @file Positions of circuit elements: token indices or names that every prompt resolves, and sets of them. */

import { brief, didYouMean, quoted } from "@diopter/graph";

/**
 * An index into the token ids, or a name that each prompt resolves.
 *
 * Names may be shifted (`"S1+1"`) and may span (`"B_def..param_3"`, both ends included).
 */
export type CircuitPosition = number | string;

/** Where an element is kept; undefined is every position. */
export type At = readonly CircuitPosition[] | undefined;

/** Elements of a circuit by index (edge of the graph, or source for node circuits), in rising order. */
export type Placement = ReadonlyMap<number, At>;

/** The positions there are: a length, or a list. */
export type Positions = number | readonly CircuitPosition[];

/** Positions without repetition: indices first, rising, then names by code unit. Throws `RangeError` for none or bad ones. */
export function sortedPositions(positions: Iterable<CircuitPosition>): readonly CircuitPosition[] {
  const unique = [...new Set(positions)].sort(byKindThenValue);
  if (unique.length === 0)
    throw new RangeError("circuit: an element at no position is not an element");
  for (const position of unique) {
    if (typeof position === "number" ? !isIndex(position) : position === "")
      throw new RangeError(
        `circuit: ${quoted(position)} is not a position; expected an index or a name`,
      );
  }
  return unique;
}

/** Positions in either set. */
export function uniteAt(a: At, b: At): At {
  return a === undefined || b === undefined ? undefined : sortedPositions([...a, ...b]);
}

/** Positions in both sets, or `"none"`. */
export function intersectAt(a: At, b: At): At | "none" {
  if (a === undefined) return b;
  if (b === undefined) return a;
  requireOneKind(a, b);
  const inBoth = a.filter((position) => b.includes(position));
  return inBoth.length === 0 ? "none" : inBoth;
}

/**
 * Positions in the first set only, or `"none"`.
 *
 * Throws `RangeError` where something has to be taken from every position and `all` does not say which there are.
 */
export function subtractAt(a: At, b: At, all: Positions | undefined): At | "none" {
  if (b === undefined) return "none";
  const from = a ?? listed(all);
  if (from === undefined) {
    throw new RangeError(
      `circuit: every position minus ${brief(b.join(", "))} needs to know which positions there are; give { positions }`,
    );
  }
  requireOneKind(from, b);
  const left = from.filter((position) => !b.includes(position));
  return left.length === 0 ? "none" : sortedPositions(left);
}

/**
 * The token indices that a position means in one prompt, whose named positions are given.
 *
 * Throws `RangeError` for unknown names, with the nearest, and for shifts and spans that leave the prompt.
 *
 * @example positionIndices("S1+1", { S1: 4 }) // [5]
 */
export function positionIndices(
  position: CircuitPosition,
  named: Readonly<Record<string, number>>,
): readonly number[] {
  if (typeof position === "number") return [position];
  const span = Object.hasOwn(named, position) ? null : /^(.+)\.\.(.+)$/.exec(position);
  if (span === null) return [indexOf(position, named)];
  const first = indexOf(span[1]!, named);
  const last = indexOf(span[2]!, named);
  if (last < first) {
    throw new RangeError(
      `circuit: the span ${quoted(position)} runs backwards: ${first} to ${last}`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function indexOf(name: string, named: Readonly<Record<string, number>>): number {
  if (Object.hasOwn(named, name)) return named[name]!;
  const shifted = /^(.+)([+-]\d+)$/.exec(name);
  if (shifted !== null && Object.hasOwn(named, shifted[1]!)) {
    const index = named[shifted[1]!]! + Number(shifted[2]);
    if (index >= 0) return index;
    throw new RangeError(`circuit: position ${quoted(name)} is ${index}, before the first token`);
  }
  throw new RangeError(
    `circuit: no position ${quoted(name)}${didYouMean(name, Object.keys(named))}`,
  );
}

function listed(all: Positions | undefined): readonly CircuitPosition[] | undefined {
  return typeof all === "number" ? Array.from({ length: all }, (_, i) => i) : all;
}

/** Whether the name "S2" and the index 10 are the same token depends on the prompt, so sets of both cannot be compared. */
function requireOneKind(a: readonly CircuitPosition[], b: readonly CircuitPosition[]): void {
  const kinds = new Set([...a, ...b].map((position) => typeof position));
  if (kinds.size > 1) {
    throw new RangeError(
      `circuit: cannot compare named positions with indices (${brief(a.join(", "))} and ${brief(b.join(", "))}); resolve the names first`,
    );
  }
}

function isIndex(position: number): boolean {
  return Number.isSafeInteger(position) && position >= 0;
}

function byKindThenValue(a: CircuitPosition, b: CircuitPosition): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
