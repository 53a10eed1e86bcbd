/** @file From edits as people write them to structures and numbers for one batch of prompts. */

import { fromData, type TensorLike, tensor } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import type { ActivationCache } from "../hooks/cache";
import { type Axis, hookAxes, hookSizes } from "../hooks/hook-axes";
import { hookNames, selectHooks } from "../hooks/names";
import { type SpliceStructure, saeSizesAt, withSplices } from "../sae/splice";
import type { TokenBatch } from "../text/prompt-values";
import {
  type Edit,
  type EditSource,
  type EditValue,
  isSource,
  type Position,
  type ResolvedEdit,
} from "./edits";

/** Token positions with a name, one for all prompts or one per prompt. */
export type NamedPositions = Readonly<Record<string, number | readonly number[]>>;

export interface EditScope {
  readonly config: ModelConfig;
  readonly tokens: TokenBatch;
  /** SAEs of the run, whose hooks can be edited too. */
  readonly splices?: readonly SpliceStructure[];
  readonly positions?: NamedPositions | undefined;
  /** Real tokens per row from whose end negative positions count; all of them when absent. */
  readonly counted?: readonly number[] | undefined;
  /** Activations of the unedited run of this batch, or of a source. */
  activations(source: EditSource | "unedited", names: readonly string[]): Promise<ActivationCache>;
}

/** Edits with their globs expanded, their sources run and their selectors made into masks. Throws `RangeError`. */
export async function resolveEdits(
  edits: readonly Edit[],
  scope: EditScope,
): Promise<ResolvedEdit[]> {
  return (await resolveEditLists([edits], scope))[0]!;
}

/** The same for many lists at once; each source is run once for all of them. */
export async function resolveEditLists(
  lists: readonly (readonly Edit[])[],
  scope: EditScope,
): Promise<ResolvedEdit[][]> {
  const names = withSplices(hookNames(scope.config), scope.splices ?? []);
  const expanded = lists.map((edits) =>
    edits.flatMap((edit) => selectHooks(edit.at, names).map((at) => ({ ...edit, at }))),
  );
  const caches = await loadSources(expanded.flat(), scope);
  let next = 0;
  return expanded.map((edits) => edits.map((edit) => resolveEdit(edit, scope, caches.get(next++))));
}

/** Runs each distinct source once, for all the hooks that edits take from it. */
async function loadSources(
  edits: readonly Edit[],
  scope: EditScope,
): Promise<Map<number, ActivationCache>> {
  const wanted = new Map<EditSource | "unedited", { names: Set<string>; edits: number[] }>();
  edits.forEach((edit, index) => {
    const source = sourceOf(edit);
    if (!source) return;
    const key = [...wanted.keys()].find((known) => sameSource(known, source)) ?? source;
    const entry = wanted.get(key) ?? { names: new Set<string>(), edits: [] };
    entry.names.add(edit.at);
    entry.edits.push(index);
    wanted.set(key, entry);
  });
  const caches = new Map<number, ActivationCache>();
  for (const [source, entry] of wanted) {
    const cache = await scope.activations(source, [...entry.names]);
    for (const index of entry.edits) caches.set(index, cache);
  }
  return caches;
}

function sourceOf(edit: Edit): EditSource | "unedited" | undefined {
  if (edit.do === "freeze") return "unedited";
  if (isSource(edit.value)) return edit.value;
  if (edit.do === "mean") return "unedited";
  if (edit.do === "patch")
    throw new TypeError(`edit: patch at "${edit.at}" needs value: { cache } or { prompt }`);
  return undefined;
}

function sameSource(a: EditSource | "unedited", b: EditSource | "unedited"): boolean {
  if (a === "unedited" || b === "unedited") return a === b;
  if ("cache" in a && "cache" in b) return a.cache === b.cache;
  return "prompt" in a && "prompt" in b && a.prompt === b.prompt;
}

function resolveEdit(
  edit: Edit,
  scope: EditScope,
  cache: ActivationCache | undefined,
): ResolvedEdit {
  const { batch, pos } = scope.tokens;
  const axes = hookAxes(edit.at);
  const sae = saeSizesAt(edit.at, scope.splices ?? []);
  const sizes = hookSizes(scope.config, edit.at, batch, pos, sae);
  const operation = operationOf(edit);
  const value =
    operation === "scale"
      ? undefined
      : broadcastable(edit, numbersOf(edit, cache, axes, sizes), sizes);
  const mask = maskOf(edit, axes, sizes, scope);
  // An axis of size 1 broadcasts whether or not it could be longer.
  const varies = (shape: readonly number[]) => shape.map((size) => size > 1);
  const structure = {
    at: edit.at,
    operation,
    rank: axes.length,
    mask: mask && varies(mask.shape),
    value: value && varies(value.shape),
  };
  return { structure, mask, value, by: strength(edit) };
}

function operationOf(edit: Edit): ResolvedEdit["structure"]["operation"] {
  switch (edit.do) {
    case "zero":
    case "set":
    case "mean":
    case "patch":
    case "freeze":
      return "set";
    case "project":
      return edit.onto ? "keep" : "remove";
    case "add":
    case "scale":
    case "lerp":
      return edit.do;
    default:
      throw new RangeError(
        `edit: unknown "do": "${String(edit.do satisfies never)}"; expected zero, set, add, scale, lerp, mean, patch, project or freeze`,
      );
  }
}

function strength(edit: Edit): number {
  if (edit.by !== undefined) {
    if (!Number.isFinite(edit.by))
      throw new RangeError(`edit: by is ${edit.by}, expected a finite number`);
    return edit.by;
  }
  if (edit.do === "scale" || edit.do === "lerp") {
    throw new TypeError(`edit: ${edit.do} at "${edit.at}" needs a strength in "by"`);
  }
  return 1;
}

function numbersOf(
  edit: Edit,
  cache: ActivationCache | undefined,
  axes: readonly Axis[],
  sizes: number[],
): TensorLike {
  if (edit.do === "zero") return tensor([0]);
  if (edit.do === "mean") return meanOf(cache!, edit);
  if (cache) return sourceValue(edit, cache, axes, sizes);
  if (edit.value === undefined)
    throw new TypeError(`edit: ${edit.do} at "${edit.at}" needs a value`);
  const value = toTensor(edit.value as EditValue);
  return edit.do === "project" ? unitVector(edit, value) : value;
}

function toTensor(value: EditValue): TensorLike {
  if (typeof value === "number") return tensor([value], { dtype: "float64" });
  return Array.isArray(value)
    ? tensor(value as number[], { dtype: "float64" })
    : (value as TensorLike);
}

function sourceValue(
  edit: Edit,
  cache: ActivationCache,
  axes: readonly Axis[],
  sizes: number[],
): TensorLike {
  const value = cache.get(edit.at);
  value.shape.forEach((size, axis) => {
    if (size === sizes[axis] || (axes[axis] === "batch" && size === 1)) return;
    throw new RangeError(
      `edit: source of "${edit.at}" has shape [${value.shape.join(", ")}], expected [${sizes.join(", ")}]`,
    );
  });
  return value;
}

/** Mean over rows, or rows and positions, of what is not padding. */
function meanOf(cache: ActivationCache, edit: Edit): TensorLike {
  const value = cache.get(edit.at);
  const axes = hookAxes(edit.at);
  const overPos = edit.over === "batch pos";
  const posAxis = axes.findIndex((axis) => axis === "pos" || axis === "query");
  const shape = value.shape.map((size, axis) =>
    axis === 0 || (overPos && axis === posAxis) ? 1 : size,
  );
  const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const counts = new Float64Array(sums.length);
  const positions = value.shape[posAxis]!;
  const index = new Array<number>(axes.length).fill(0);
  const data = value.data as Float32Array;
  for (let i = 0; i < data.length; i++) {
    if (cache.keep[index[0]! * positions + index[posAxis]!]) {
      let j = 0;
      for (let axis = 0; axis < shape.length; axis++)
        j = j * shape[axis]! + (shape[axis] === 1 ? 0 : index[axis]!);
      sums[j]! += data[i]!;
      counts[j]! += 1;
    }
    for (let axis = axes.length - 1; axis >= 0 && ++index[axis]! === value.shape[axis]; axis--)
      index[axis] = 0;
  }
  return fromData(
    sums.map((s, i) => (counts[i] ? s / counts[i]! : 0)),
    shape,
    "float64",
  );
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

/** `value` with as many axes as the activation. */
function broadcastable(edit: Edit, value: TensorLike, sizes: readonly number[]): TensorLike {
  const shape = [
    ...new Array(Math.max(0, sizes.length - value.shape.length)).fill(1),
    ...value.shape,
  ] as number[];
  const fits =
    shape.length === sizes.length &&
    shape.every((size, axis) => size === 1 || size === sizes[axis]);
  if (!fits) {
    throw new RangeError(
      `edit: value has shape [${value.shape.join(", ")}], which does not broadcast to "${edit.at}" [${sizes.join(", ")}]`,
    );
  }
  return { ...value, dtype: value.dtype, shape, data: value.data } as TensorLike;
}

/** Which entries an edit touches; undefined when it touches all. */
function maskOf(
  edit: Edit,
  axes: readonly Axis[],
  sizes: number[],
  scope: EditScope,
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
  scope: EditScope,
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

function namedPosition(name: string, row: number, { positions = {} }: EditScope): number {
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
