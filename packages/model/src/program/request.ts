/** @file What a program is asked for; its structure decides the graph, its numbers arrive as feeds. */

import type { Builder, Dim, Value } from "@diopter/graph";
import type { DType } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import type { EditStructure } from "../edits/edits";
import type { SpliceStructure } from "../sae/splice";
import type { FactorisedView, WeightValues } from "../transformer";

/** A piece of graph appended to the transformer: metrics, lenses, scores. */
export interface Extension {
  /** Identifies the structure: extensions with equal keys build equal graphs. */
  readonly key: string;
  /** Hooks whose values it reads. */
  readonly needs?: readonly string[];
  /** Hooks that it differentiates with respect to. */
  readonly leaves?: readonly string[];
  /** Appends nodes and names what the program shall output. */
  build(e: ExtensionContext): Record<string, Value>;
}

export interface ExtensionContext {
  readonly b: Builder;
  readonly config: ModelConfig;
  /** The value of a hook listed in `needs` or `leaves`. */
  hook(name: string): Value;
  /** The residual stream that the final norm reads, [batch, pos, dModel]. */
  resid(): Value;
  /** Logits at every position [batch, pos, dVocabOut], or at the last real one [batch, dVocabOut]. */
  logits(where: "all" | "last"): Value;
  /** Final norm, head and unembedding of any residual state, without hooks. */
  unembed(state: Value): Value;
  /** One-hot rows that pick the last real position, [batch, 1, pos]. */
  last(): Value;
  readonly weights: WeightValues;
  /** Dtype of activations, for feeds that meet them. */
  readonly float: "float32" | "float64";
  /** Declares a graph input whose numbers come with the run. */
  feed(name: string, dtype: DType, shape: readonly Dim[]): Value;
}

export interface Request {
  /** Hooks to bring to JavaScript. */
  readonly read?: readonly string[];
  readonly logits?: "all" | "last" | "none";
  readonly edits?: readonly EditStructure[];
  /** SAEs in the place of activations. */
  readonly splice?: readonly SpliceStructure[];
  /** Hooks whose values are fed instead of computed. */
  readonly start?: readonly string[];
  readonly extend?: readonly Extension[];
  /** Derivatives of the sum of an extension's output. */
  readonly gradient?: { readonly of: string; readonly wrt: readonly string[] };
  /** Residual by default; a view of one's own decides what each destination of the factorised view reads. */
  readonly view?: "residual" | "factorised" | FactorisedView;
  /** Whether keys and values of this run are given out, and whether it continues earlier ones. */
  readonly past?: "write" | "extend";
}

/** Equal for requests that build equal graphs. */
export function structureKey(request: Request): string {
  const {
    read = [],
    logits = "all",
    edits = [],
    splice = [],
    start = [],
    extend = [],
    gradient,
    view = "residual",
    past,
  } = request;
  return JSON.stringify([
    [...read].sort(),
    logits,
    edits,
    [...start].sort(),
    extend.map((e) => e.key),
    gradient,
    typeof view === "string" ? view : view.key,
    past,
    splice,
  ]);
}
