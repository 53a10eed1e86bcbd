/** @file What every piece of the canonical transformer is given: the builder, the sizes, the hooks, the weights, the inputs. */

import type { Builder, Dim, Value } from "@diopter/graph";
import type { ModelConfig } from "../config/config";

/** `at` is the only place where anything happens to an activation. */
export interface Hooks {
  /** Names `value` after the hook, applies the program's edits there, cuts or marks it, and returns what later code must use. */
  at(name: string, value: Value): Value;
  /** Whether the program reads, edits, starts from or differentiates this hook. */
  wants(name: string): boolean;
  /** Whether what leaves the hook may differ from what enters it, or is a leaf of differentiation. */
  intervenes(name: string): boolean;
}

/** Weights by TransformerLens name in graph layout, declared as graph inputs when first used. */
export interface WeightValues {
  get(name: string): Value;
  optional(name: string): Value | undefined;
}

/** Values derived from the prompt, declared as graph inputs when first used. */
export interface PromptValues {
  /** int64 [batch, pos] */
  tokens(): Value;
  /** int64 [batch, pos] */
  tokenTypes(): Value;
  /** Rows of `W_pos`, int64 [batch, pos] */
  positions(): Value;
  /** Cosines and sines of the rotation, [batch, pos, 1, rotaryDim]; `local` for layers with their own base. */
  rotary(local: boolean): { cos: Value; sin: Value };
  /** Whether a query may see a key, bool [batch, 1, pos, key]. */
  allowed(local: boolean): Value;
  /** ALiBi distances of keys, [batch, 1, 1, key]. */
  distances(): Value;
  /** One-hot rows that pick the last real position, [batch, 1, pos]. */
  last(): Value;
  /** Which slots hold tokens, bool [batch, key]. */
  keep(): Value;
}

/** Keys and values of earlier positions, when the program continues a sequence. */
export interface PastValues {
  /** Prepends the past of a layer, and records the present; [batch, key, head, dHead]. */
  extend(layer: number, kind: "k" | "v", present: Value): Value;
}

/** What pieces without hooks need. */
export type Quiet = Pick<Context, "b" | "c" | "w" | "float">;

export interface Context {
  readonly b: Builder;
  readonly c: ModelConfig;
  readonly h: Hooks;
  readonly w: WeightValues;
  readonly prompt: PromptValues;
  readonly past?: PastValues | undefined;
  /** Dtype of activations: that of the runtime's precision, so that constants lose nothing. */
  readonly float: "float32" | "float64";
  /** A graph input of that dtype whose numbers are a feed of the view. */
  feed(name: string, shape: readonly Dim[]): Value;
}
