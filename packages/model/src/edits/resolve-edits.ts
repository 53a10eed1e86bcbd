/** @file From edits as people write them to structures and numbers for one batch of prompts. */

import { checkOptions, type OptionKeys, quoted } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { ActivationCache } from "../hooks/cache";
import { hookAxes, hookSizes } from "../hooks/hook-axes";
import { hookNames, selectHooks } from "../hooks/names";
import { type SpliceStructure, saeSizesAt, withSplices } from "../sae/splice";
import { maskOf } from "./edit-mask";
import { numbersOf } from "./edit-numbers";
import {
  actsOnNewTokens,
  chosenBy,
  isPositionAxis,
  type PositionScope,
  promptPlaces,
} from "./edit-places";
import { type Edit, type EditKind, type EditSource, isSource, type ResolvedEdit } from "./edits";

/** What the hooks of edits are looked up in. */
export interface HookScope {
  readonly config: ModelConfig;
  /** SAEs of the run, whose hooks can be edited too. */
  readonly splices?: readonly SpliceStructure[];
}

export interface EditScope extends HookScope, PositionScope {
  /** Activations of the unedited run of this batch, or of a source. */
  activations(source: EditSource | "unedited", names: readonly string[]): Promise<ActivationCache>;
}

/** An edit at one hook, with the run that its numbers come from. */
export interface SourcedEdit {
  readonly edit: Edit;
  readonly cache: ActivationCache | undefined;
}

/** Edits of many lists with their globs expanded and their sources run, each once. Throws `RangeError`. */
export async function withSources(
  lists: readonly (readonly Edit[])[],
  scope: EditScope,
): Promise<SourcedEdit[][]> {
  const names = withSplices(hookNames(scope.config), scope.splices ?? []);
  for (const edit of lists.flat()) checkEdit(edit);
  const expanded = lists.map((edits) =>
    edits.flatMap((edit) => selectHooks(edit.at, names).map((at) => ({ ...edit, at }))),
  );
  const caches = await loadSources(expanded.flat(), scope);
  let next = 0;
  return expanded.map((edits) => edits.map((edit) => ({ edit, cache: caches.get(next++) })));
}

/** Lists of edits as structures and numbers for a batch of prompts; each source is run once for all of them. */
export async function resolveEditLists(
  lists: readonly (readonly Edit[])[],
  scope: EditScope,
): Promise<ResolvedEdit[][]> {
  const sourced = await withSources(lists, scope);
  return sourced.map((edits) => edits.map((edit) => resolveEdit(edit, scope)));
}

const fields: OptionKeys<Edit> = {
  at: "required",
  do: "required",
  batch: "optional",
  pos: "optional",
  step: "optional",
  key: "optional",
  head: "optional",
  neuron: "optional",
  value: "optional",
  by: "optional",
  over: "optional",
  onto: "optional",
};

/** What each kind reads beyond where it acts. */
const reads: Readonly<Record<EditKind, readonly (keyof Edit)[]>> = {
  zero: [],
  set: ["value"],
  add: ["value", "by"],
  scale: ["by"],
  lerp: ["value", "by"],
  mean: ["value", "over"],
  patch: ["value"],
  project: ["value", "by", "onto"],
  freeze: [],
};

/** Throws for what no edit has, and for what edits of its kind do not read. */
function checkEdit(edit: Edit): void {
  checkOptions("edit", edit, fields, "field");
  const { at, do: kind, value, over } = edit;
  if (!Object.hasOwn(reads, kind)) {
    throw new RangeError(
      `edit: unknown "do": ${quoted(kind)}; expected zero, set, add, scale, lerp, mean, patch, project or freeze`,
    );
  }
  for (const field of ["value", "by", "over", "onto"] as const) {
    if (edit[field] === undefined || reads[kind].includes(field)) continue;
    const readers = Object.keys(reads).filter((k) => reads[k as EditKind].includes(field));
    throw new RangeError(
      `edit: ${kind} at "${at}" reads no ${field}; it is for ${readers.join(", ")}`,
    );
  }
  if (over !== undefined && over !== "batch" && over !== "batch pos") {
    throw new RangeError(`edit: over is ${quoted(over)}, expected "batch" or "batch pos"`);
  }
  if (kind === "mean" && value !== undefined && !isSource(value)) {
    throw new TypeError(
      `edit: mean at "${at}" takes its values from a run; expected value: { cache } or { prompt }, or none`,
    );
  }
  if (isSource(value)) {
    checkOptions<object>(
      "edit: value",
      value,
      "cache" in value ? { cache: "required" } : { prompt: "required" },
      "field",
    );
  }
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

/** The structure and numbers of an edit in the slots that a run computes. Throws `RangeError`. */
export function resolveEdit(
  { edit, cache }: SourcedEdit,
  scope: HookScope & PositionScope,
): ResolvedEdit {
  const { batch, pos } = scope.tokens;
  const axes = hookAxes(edit.at);
  const sae = saeSizesAt(edit.at, scope.splices ?? []);
  const sizes = hookSizes(scope.config, edit.at, batch, pos, sae).map((size, a) =>
    isPositionAxis(axes[a]!) ? size - (scope.from ?? 0) : size,
  );
  const operation = operationOf(edit);
  const chosen = chosenBy(edit, axes, scope);
  const value =
    operation === "scale" ? undefined : numbersOf({ edit, axes, sizes, scope, chosen }, cache);
  // Numbers by key are those of the prompt's keys.
  const byKey = scope.prompt && (value?.shape[axes.indexOf("key")] ?? 1) > 1;
  const key = chosen.key ?? (byKey && !actsOnNewTokens(edit) ? promptPlaces(scope) : undefined);
  const mask = maskOf(edit, axes, sizes, scope, { ...chosen, key });
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
