/** @file From edits as people write them to structures and numbers for one batch of prompts. */

import type { ModelConfig } from "../config/config";
import type { ActivationCache } from "../hooks/cache";
import { hookAxes, hookSizes } from "../hooks/hook-axes";
import { hookNames, selectHooks } from "../hooks/names";
import { type SpliceStructure, saeSizesAt, withSplices } from "../sae/splice";
import { maskOf, type PositionScope } from "./edit-mask";
import { broadcastable, numbersOf } from "./edit-numbers";
import { type Edit, type EditSource, isSource, type ResolvedEdit } from "./edits";

export interface EditScope extends PositionScope {
  readonly config: ModelConfig;
  /** SAEs of the run, whose hooks can be edited too. */
  readonly splices?: readonly SpliceStructure[];
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
