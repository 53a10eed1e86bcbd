/** @file Which entries of an activation an edit touches: rows, positions, heads, neurons. */

import type { TensorLike } from "@diopter/tensor";
import type { Axis } from "../hooks/hook-axes";
import type { TokenBatch } from "../text/prompt-values";
import type { Edit, Position } from "./edits";

/** Token positions with a name, one for all prompts or one per prompt. */
export type NamedPositions = Readonly<Record<string, number | readonly number[]>>;

/** What positions are counted in. */
export interface PositionScope {
  readonly tokens: TokenBatch;
  readonly positions?: NamedPositions | undefined;
  /** Real tokens per row from whose end negative positions count; all of them when absent. */
  readonly counted?: readonly number[] | undefined;
}

/** Which entries an edit touches; undefined when it touches all. */
export function maskOf(
  edit: Edit,
  axes: readonly Axis[],
  sizes: number[],
  scope: PositionScope,
): TensorLike | undefined {
  const { batch, pos } = scope.tokens;
  const rows = pick(edit, "batch", edit.batch, batch);
  const heads = pick(
    edit,
    "head",
    edit.head,
    axes.includes("head") ? sizes[axes.indexOf("head")]! : undefined,
  );
  const neurons = pick(edit, "neuron", edit.neuron, sizes.at(-1)!);
  const places = edit.pos === undefined ? undefined : placesOf(edit, edit.pos, scope);
  const keys = edit.key === undefined ? undefined : placesOf(edit, edit.key, scope);
  if (keys && !axes.includes("key")) throw new RangeError(`edit: "${edit.at}" has no key axis`);
  if (!rows && !heads && !neurons && !places && !keys) return undefined;

  const varies = axes.map((axis, i) => {
    if (axis === "batch") return Boolean(rows || places || keys);
    if (axis === "pos" || axis === "query") return Boolean(places);
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
      if (axis === "pos" || axis === "query") return !places || places.has(row * pos + at);
      if (axis === "key") return !keys || keys.has(row * pos + at);
      if (axis === "head") return !heads || heads.has(at);
      return a !== axes.length - 1 || !neurons || neurons.has(at);
    });
    data[i] = selected ? 1 : 0;
    for (let a = shape.length - 1; a >= 0 && ++index[a]! === shape[a]; a--) index[a] = 0;
  }
  return { dtype: "bool", shape, data };
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

/** Slots (row * pos + slot) of positions that are counted over real tokens. */
function placesOf(
  edit: Edit,
  wanted: Position | readonly Position[],
  scope: PositionScope,
): Set<number> {
  const { batch, pos, keep } = scope.tokens;
  const list = Array.isArray(wanted) ? (wanted as readonly Position[]) : [wanted as Position];
  const out = new Set<number>();
  for (let row = 0; row < batch; row++) {
    const real = keep.slice(row * pos, (row + 1) * pos).flatMap((k, slot) => (k ? [slot] : []));
    for (const position of list) {
      const index = typeof position === "string" ? namedPosition(position, row, scope) : position;
      const slot = real[index < 0 ? (scope.counted?.[row] ?? real.length) + index : index];
      if (slot === undefined || !Number.isInteger(index)) {
        throw new RangeError(
          `edit: position ${index} at "${edit.at}" is out of range for prompt ${row} with ${real.length} tokens`,
        );
      }
      out.add(row * pos + slot);
    }
  }
  return out;
}

function namedPosition(name: string, row: number, { positions = {} }: PositionScope): number {
  const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
  const index = typeof position === "number" ? position : position?.[row];
  if (index === undefined) {
    const known = Object.keys(positions);
    throw new RangeError(
      `edit: no position named "${name}" for prompt ${row}; named positions: ${known.length > 0 ? known.join(", ") : "none"}`,
    );
  }
  return index;
}
