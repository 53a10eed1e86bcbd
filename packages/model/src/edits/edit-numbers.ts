/** @file The numbers of an edit: given, from another run, or a mean, laid out as the activation is. */

import { fromData, given, type TensorLike, tensor } from "@diopter/tensor";
import type { ActivationCache } from "../hooks/cache";
import type { Axis } from "../hooks/hook-axes";
import {
  longestOf,
  padPlaces,
  sameSlots,
  slotAt,
  type TokenSlots,
  takeSlots,
  tokenSlots,
} from "../hooks/token-slots";
import {
  actsOnNewTokens,
  type Chosen,
  isPositionAxis,
  namedPosition,
  type Place,
  type PositionScope,
  promptPlaces,
  type Selection,
} from "./edit-places";
import type { Edit, Position } from "./edits";

/** An edit at one hook, and where it acts. */
export interface PlacedEdit {
  readonly edit: Edit;
  readonly axes: readonly Axis[];
  readonly sizes: readonly number[];
  readonly scope: PositionScope;
  readonly chosen: Chosen;
}

/** What an edit puts, adds or projects on: as many axes as the activation, each of its size or 1. */
export function numbersOf(placed: PlacedEdit, cache: ActivationCache | undefined): TensorLike {
  const { edit, sizes } = placed;
  if (edit.do === "zero") return tensor([0]).reshape(sizes.map(() => 1));
  if (cache) return edit.do === "mean" ? meanOf(placed, cache) : patchOf(placed, cache);
  if (edit.value === undefined)
    throw new TypeError(`edit: ${edit.do} at "${edit.at}" needs a value`);
  const value = toTensor(edit);
  return givenValue(placed, edit.do === "project" ? unitVector(edit, value) : value);
}

function toTensor({ at, value }: Edit): TensorLike {
  if (typeof value === "number") return tensor([value], { dtype: "float64" });
  if (Array.isArray(value)) return tensor(value as number[], { dtype: "float64" });
  if (ArrayBuffer.isView(value) && "length" in value) {
    return fromData(Float64Array.from(value as ArrayLike<number>, Number), [value.length]);
  }
  if (typeof value === "object" && "dtype" in value && "data" in value && "shape" in value)
    return value;
  throw new TypeError(
    `edit: value at "${at}" is ${given(value)}, expected a number, lists, a typed array, a tensor, { cache } or { prompt }`,
  );
}

/**
 * A value that broadcasts to the activation.
 *
 * One that has rows of its own lies in slots, as activations do; positions of one that serves all rows count tokens.
 */
function givenValue(placed: PlacedEdit, value: TensorLike): TensorLike {
  const { edit, axes, scope } = placed;
  const { tokens, prompt = tokens } = scope;
  const prompts = promptPlaces(scope);
  const laidOut = tokenSlots(prompt);
  const longest = longestOf(laidOut);
  const sizes = placed.sizes.map((size, axis) => (isAlong(axes[axis]!) ? longest : size));
  const shape = [
    ...new Array<number>(Math.max(0, axes.length - value.shape.length)).fill(1),
    ...value.shape,
  ];
  const ownRows = value.shape.length === axes.length && shape[0] === sizes[0];
  const inSlots = (axis: number) => shape[axis] === prompt.pos && (ownRows || prompt.pos > longest);
  const fits =
    shape.length === axes.length &&
    shape.every(
      (size, axis) => size === 1 || size === sizes[axis] || (isAlong(axes[axis]!) && inSlots(axis)),
    );
  if (!fits) {
    throw new RangeError(
      `edit: value has shape [${value.shape.join(", ")}], which does not broadcast to "${edit.at}" [${sizes.join(", ")}]`,
    );
  }
  return axes.reduce<TensorLike>(
    (laid, axis, a) => {
      if (!isAlong(axis) || shape[a] === 1) return laid;
      const selection = along(placed, axis);
      requireLasting(placed, axis, selection);
      return layOut(placed, laid, a, selection ?? prompts, ({ slot }, row) => {
        const position = prompts[row]!.findIndex((place) => place.slot === slot);
        return inSlots(a) ? laidOut[row]![position] : position;
      });
    },
    { dtype: value.dtype, shape, data: value.data } as TensorLike,
  );
}

/** The same hook in another run, position by position. */
function patchOf(placed: PlacedEdit, cache: ActivationCache): TensorLike {
  const { edit, axes, sizes } = placed;
  const { tokens } = placed.scope;
  const value = cache.get(edit.at);
  const misfit = value.shape.some(
    (size, axis) =>
      !isAlong(axes[axis]!) && size !== sizes[axis] && !(axes[axis] === "batch" && size === 1),
  );
  if (misfit || value.shape.length !== axes.length) {
    throw new RangeError(
      `edit: source of "${edit.at}" has shape [${value.shape.join(", ")}], expected [${sizes.join(", ")}]`,
    );
  }
  const own = tokenSlots(tokens);
  let laid: TensorLike = value;
  axes.forEach((axis, a) => {
    if (!isAlong(axis)) return;
    const source = cache.slots(edit.at, axis === "key" ? "key" : "pos");
    const rowOf = (row: number) => source[source.length === 1 ? 0 : row]!;
    const selection = along(placed, axis);
    if (edit.do !== "freeze") requireLasting(placed, axis, selection);
    if (value.shape[a] === sizes[a] && own.every((row, r) => sameSlots(row, rowOf(r)))) return;
    const prompts = promptPlaces(placed.scope);
    if (!selection) requireEqualLengths(placed, axis, prompts, rowOf);
    laid = layOut(placed, laid, a, selection ?? prompts, ({ position }, row) => {
      const index =
        typeof position === "string" ? namedPosition(position, row, placed.scope) : position;
      const slot = slotAt(rowOf(row), index);
      if (slot !== undefined) return slot;
      throw new RangeError(
        `edit: position ${index} at "${edit.at}" is not in the source of prompt ${row}, which has ${rowOf(row).length} tokens`,
      );
    });
  });
  return laid;
}

function requireEqualLengths(
  { edit }: PlacedEdit,
  axis: Axis,
  prompts: Selection,
  rowOf: (row: number) => readonly number[],
): void {
  prompts.forEach((row, r) => {
    const there = rowOf(r).filter((slot) => slot >= 0).length;
    if (there === row.length && rowOf(r).length === row.length) return;
    throw new RangeError(
      `edit: source of "${edit.at}" has ${there} tokens for prompt ${r}, expected ${row.length}; where lengths differ, give a ${axis === "key" ? "key" : "pos"}`,
    );
  });
}

/** Mean over prompts, or prompts and positions; each entry over those that have it. */
function meanOf(placed: PlacedEdit, cache: ActivationCache): TensorLike {
  const { edit, axes, scope } = placed;
  const value = cache.get(edit.at);
  const everywhere = edit.over === "batch pos";
  const parts = axes.flatMap((axis, a): MeanAxis[] => {
    if (!isAlong(axis)) return [];
    const source = cache.slots(edit.at, axis === "key" ? "key" : "pos");
    if (everywhere && axis !== "key") {
      const kept = source.map((row) => row.filter((slot) => slot >= 0));
      return [{ axis: a, from: padPlaces(kept), keys: undefined }];
    }
    const selection = along(placed, axis);
    requireLasting(placed, axis, selection);
    const places = selection ?? promptPlaces(scope);
    const keys = [...new Set(places.flatMap((row) => row.map(({ position }) => position)))];
    const from = source.map((row, r) =>
      keys.map((position) => slotAt(row, inSource(position, r, source.length, placed)) ?? -1),
    );
    requireSome(edit, keys, from);
    return [{ axis: a, from, keys, places }];
  });
  const mean = averaged(placed, value, parts, everywhere);
  return parts.reduce<TensorLike>((laid, { axis, keys, places }) => {
    if (!keys || !places) return laid;
    const index = new Map(keys.map((position, i) => [position, i]));
    return layOut(placed, laid, axis, places, ({ position }) => index.get(position));
  }, mean);
}

/** An axis that means are taken along: the slots that are averaged, [prompt][entry], and the positions that they are. */
interface MeanAxis {
  readonly axis: number;
  readonly from: TokenSlots;
  /** Undefined where the mean is over this axis too. */
  readonly keys: readonly Position[] | undefined;
  readonly places?: Selection;
}

function requireSome(edit: Edit, keys: readonly Position[], from: TokenSlots): void {
  const missing = keys.find((_, i) => from.every((row) => row[i]! < 0));
  if (missing === undefined) return;
  throw new RangeError(
    `edit: no prompt that the mean at "${edit.at}" is over has a position ${missing}`,
  );
}

function inSource(
  position: Position,
  row: number,
  rows: number,
  { edit, scope }: PlacedEdit,
): number {
  if (typeof position === "number") return position;
  if (rows !== scope.tokens.batch && typeof scope.positions?.[position] === "object") {
    throw new RangeError(
      `edit: "${position}" at "${edit.at}" is given for ${scope.tokens.batch} prompts, the mean is over ${rows} others`,
    );
  }
  return namedPosition(position, row, scope);
}

function averaged(
  { axes }: PlacedEdit,
  value: TensorLike,
  parts: readonly MeanAxis[],
  everywhere: boolean,
): TensorLike {
  const taken = parts.reduce((x, { axis, from }) => takeSlots(x, axis, from, 0), value);
  const overAxes = new Set([0, ...(everywhere ? [parts[0]!.axis] : [])]);
  const shape = taken.shape.map((size, axis) => (overAxes.has(axis) ? 1 : size));
  const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const counts = new Float64Array(sums.length);
  const index = new Array<number>(axes.length).fill(0);
  const data = taken.data as Float32Array;
  for (let i = 0; i < data.length; i++) {
    if (parts.every(({ axis, from }) => from[index[0]!]![index[axis]!]! >= 0)) {
      let j = 0;
      for (let axis = 0; axis < shape.length; axis++)
        j = j * shape[axis]! + (overAxes.has(axis) ? 0 : index[axis]!);
      sums[j]! += data[i]!;
      counts[j]! += 1;
    }
    for (let axis = axes.length - 1; axis >= 0 && ++index[axis]! === taken.shape[axis]; axis--)
      index[axis] = 0;
  }
  return fromData(
    sums.map((s, i) => (counts[i] ? s / counts[i]! : 0)),
    shape,
    "float64",
  );
}

function isAlong(axis: Axis): boolean {
  return axis === "key" || isPositionAxis(axis);
}

function along({ chosen }: PlacedEdit, axis: Axis): Selection | undefined {
  return axis === "key" ? chosen.key : chosen.pos;
}

/** Generated tokens have no number where numbers differ by position, unless another run has them. */
function requireLasting(
  { edit, scope }: PlacedEdit,
  axis: Axis,
  selection: Selection | undefined,
): void {
  if (!scope.prompt || !actsOnNewTokens(edit)) return;
  if (selection && (axis === "key" || cannotMiss(edit))) return;
  const give = axis === "key" ? "a key" : "a pos, or step: 0";
  throw new RangeError(
    `generate: the edit at "${edit.at}" has no value for new ${axis === "key" ? "keys" : "positions"}; give it ${give}`,
  );
}

/** Whether its numbers come from a run in which every position is looked up. */
function cannotMiss(edit: Edit): boolean {
  return edit.do === "patch" || edit.do === "mean";
}

/** `value` with an axis laid out in the slots that the run computes: at each place the entry that `find` gives. */
function layOut(
  { scope, axes }: PlacedEdit,
  value: TensorLike,
  axis: number,
  selection: Selection,
  find: (place: Place, row: number) => number | undefined,
): TensorLike {
  const from = axes[axis] === "key" ? 0 : (scope.from ?? 0);
  const width = scope.tokens.pos - from;
  const table = selection.map((row, r) => {
    const places = new Array<number>(width).fill(-1);
    for (const place of row)
      if (place.slot >= from) places[place.slot - from] = find(place, r) ?? -1;
    return places;
  });
  const shared = value.shape[0] === 1 && table.every((row) => sameSlots(row, table[0]!));
  return takeSlots(value, axis, shared ? table.slice(0, 1) : table, 0);
}

function unitVector(edit: Edit, value: TensorLike): TensorLike {
  const data = Float64Array.from(value.data as Float32Array, Number);
  const width = value.shape.at(-1)!;
  for (let start = 0; start < data.length; start += width) {
    const norm = Math.hypot(...data.subarray(start, start + width));
    if (!(norm > 0))
      throw new RangeError(`edit: project at "${edit.at}" needs a direction, got length ${norm}`);
    for (let i = start; i < start + width; i++) data[i]! /= norm;
  }
  return fromData(data, value.shape, "float64");
}
