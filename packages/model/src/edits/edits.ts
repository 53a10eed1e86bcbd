/** @file Edits as plain data: where (hook, row, position, head, neuron) and what (zero, set, add, scale, ...). */

import type { DataTypeMap, TensorLike } from "@diopter/tensor";
import type { ActivationCache } from "../hooks/cache";
import type { Prompt } from "../text/prompt";

/** A position among a prompt's own tokens: from the first, from the last when negative, or by a name given with the run. */
export type Position = number | string;

/** Where replacement values come from when they are not given as numbers. */
export type EditSource = { readonly cache: ActivationCache } | { readonly prompt: Prompt };

/** A number, nested lists, a typed array (the last axis), or a tensor: what broadcasts to the activation. */
export type EditValue = number | NestedNumbers | NumberArray | TensorLike;
/** Any typed array. */
export type NumberArray = DataTypeMap[keyof DataTypeMap];
export type NestedNumbers = readonly (number | NestedNumbers)[];

export type EditKind =
  | "zero"
  | "set"
  | "add"
  | "scale"
  | "lerp"
  | "mean"
  | "patch"
  | "project"
  | "freeze";

/**
 * One change to one activation (or to each that a glob names), JSON-serialisable unless it carries a cache.
 *
 * - `zero`; `set` to `value`; `add` `by` (1) times `value`; `scale` by `by`; `lerp` `by` of the way to `value`
 * - `mean`: the mean over the rows (`over: "batch"`) or rows and positions (`over: "batch pos"`) of the unedited
 *   run, or of the source in `value`; padding does not count; each position over the prompts that have it
 * - `patch`: the same hook in another run (`value: { cache }` or `{ prompt }`); `freeze`: in the unedited run
 * - `project`: remove `by` (1) times the component along `value`; with `onto: true`, keep only that component
 *
 * Selectors that are absent select everything but padding. A position is looked up in each prompt, of the source too:
 * `pos: -1` patches the last token with the source's last, and averages last tokens. Numbers in `value` count positions
 * from the first token, unless they have rows of their own: those lie as the activation does. Later hooks see earlier
 * edits; edits at one hook apply in order.
 */
export interface Edit {
  readonly at: string;
  readonly do: EditKind;
  readonly batch?: number | readonly number[];
  readonly pos?: Position | readonly Position[];
  /** Steps of generation: 0 reads the prompt, s the s-th new token, from which the next one is predicted. */
  readonly step?: number | readonly number[];
  /** Key positions of `hook_attn_scores` and `hook_pattern`, whose `pos` is the query. */
  readonly key?: Position | readonly Position[];
  readonly head?: number | readonly number[];
  /** Index on the last axis; keys are chosen by `key`. */
  readonly neuron?: number | readonly number[];
  readonly value?: EditValue | EditSource;
  readonly by?: number;
  readonly over?: "batch" | "batch pos";
  readonly onto?: boolean;
}

/** What the graph does at a hook; every edit is one of these plus numbers. */
export type EditOperation = "set" | "add" | "scale" | "lerp" | "remove" | "keep";

/** The part of an edit that decides the graph: edits of equal structure share a session. */
export interface EditStructure {
  readonly at: string;
  readonly operation: EditOperation;
  /** Rank of the activation. */
  readonly rank: number;
  /** Axes along which the mask varies; undefined where the whole activation is edited. */
  readonly mask: readonly boolean[] | undefined;
  /** Axes along which the value varies; undefined for `scale`. */
  readonly value: readonly boolean[] | undefined;
}

/** An edit whose numbers are known. */
export interface ResolvedEdit {
  readonly structure: EditStructure;
  readonly mask: TensorLike | undefined;
  readonly value: TensorLike | undefined;
  /** One strength, or one per row of the batch. */
  readonly by: number | readonly number[];
}

export function isSource(value: Edit["value"]): value is EditSource {
  return typeof value === "object" && value !== null && ("cache" in value || "prompt" in value);
}
