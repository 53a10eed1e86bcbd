/** @file Which entries of an activation an edit touches: rows, positions, heads, neurons; never padding. */

import type { TensorLike } from "@diopter/tensor";
import type { Axis } from "../hooks/hook-axes";
import { tokenSlots } from "../hooks/token-slots";
import { type Chosen, isPositionAxis, type PositionScope, type Selection } from "./edit-places";
import type { Edit } from "./edits";

/** Which entries an edit touches; undefined when it touches all. */
export function maskOf(
  edit: Edit,
  axes: readonly Axis[],
  sizes: number[],
  scope: PositionScope,
  chosen: Chosen,
): TensorLike | undefined {
  const rows = pick(edit, "batch", edit.batch, sizes[0]!);
  const heads = pick(
    edit,
    "head",
    edit.head,
    axes.includes("head") ? sizes[axes.indexOf("head")]! : undefined,
  );
  if (edit.neuron !== undefined && axes.at(-1) === "key")
    throw new RangeError(`edit: "${edit.at}" has no neuron axis; its keys are chosen by key`);
  const neurons = pick(edit, "neuron", edit.neuron, sizes.at(-1)!);
  const { from = 0 } = scope;
  const places = touched(scope, chosen.pos, from);
  const keys = axes.includes("key") ? touched(scope, chosen.key, 0) : undefined;
  if (!rows && !heads && !neurons && !places && !keys) return undefined;

  const varies = axes.map((axis, i) => {
    if (axis === "batch") return Boolean(rows || places || keys);
    if (isPositionAxis(axis)) return Boolean(places);
    if (axis === "key") return Boolean(keys);
    return Boolean((axis === "head" && heads) || (i === axes.length - 1 && neurons));
  });
  const shape = sizes.map((size, i) => (varies[i] ? size : 1));
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    const row = index[0]!;
    const selected = axes.every((axis, a) => {
      const at = index[a]!;
      if (axis === "batch") return !rows || rows.has(at);
      if (isPositionAxis(axis)) return !places || places[row]!.has(from + at);
      if (axis === "key") return !keys || keys[row]!.has(at);
      if (axis === "head") return !heads || heads.has(at);
      return a !== axes.length - 1 || !neurons || neurons.has(at);
    });
    data[i] = selected ? 1 : 0;
    for (let a = shape.length - 1; a >= 0 && ++index[a]! === shape[a]; a--) index[a] = 0;
  }
  return { dtype: "bool", shape, data };
}

/** Slots from `from` on that an edit touches along an axis, per row; undefined when it is all of them. */
function touched(
  { tokens }: PositionScope,
  selection: Selection | undefined,
  from: number,
): Set<number>[] | undefined {
  if (selection) return selection.map((row) => new Set(row.map(({ slot }) => slot)));
  const real = tokenSlots(tokens).map((row) => row.filter((slot) => slot >= from));
  return real.every((row) => row.length === tokens.pos - from)
    ? undefined
    : real.map((row) => new Set(row));
}

function pick(
  edit: Edit,
  what: string,
  selected: number | readonly number[] | undefined,
  size: number | undefined,
): Set<number> | undefined {
  if (selected === undefined) return undefined;
  if (size === undefined) throw new RangeError(`edit: "${edit.at}" has no ${what} axis`);
  const list = typeof selected === "number" ? [selected] : selected;
  for (const i of list) {
    if (!Number.isInteger(i) || i < 0 || i >= size) {
      throw new RangeError(`edit: ${what} ${i} of "${edit.at}" is not in 0..${size - 1}`);
    }
  }
  return new Set(list);
}
