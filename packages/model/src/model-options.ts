/** @file What loading and running a model can be told, and what a run gives. */

import type { OptionKeys, Tensor } from "@diopter/tensor";
import { type LoadOptions, loadKeys } from "./checkpoint/load";
import type { NamedPositions } from "./edits/edit-places";
import type { Edit, ResolvedEdit } from "./edits/edits";
import type { ActivationCache } from "./hooks/cache";
import type { HookFilter } from "./hooks/names";
import type { OnnxSettings } from "./onnx/from-onnx";
import type { SamplingOptions } from "./program/generate";
import type { ForwardHooks } from "./program/hook-functions";
import type { Metric } from "./program/metrics";
import type { Request } from "./program/request";
import type { SweepProgress, SweepRow, SweepState } from "./program/sweep";
import type { Runtime, Values } from "./runtime/runtime";
import type { Splice } from "./sae/splice";
import { type PromptOptions, promptKeys } from "./text/prompt";
import type { TokenBatch } from "./text/prompt-values";

export interface ModelOptions extends LoadOptions {
  readonly runtime: Runtime;
  /** Most compiled programs kept at a time. */
  readonly maxPrograms?: number;
  /** Most bytes that one run may need, weights included; no limit by default. */
  readonly budget?: number;
}

/** How an ONNX file becomes a model. */
export interface OnnxOptions extends ModelOptions, OnnxSettings {}

/** What every run can be given. */
export interface RunOptions extends PromptOptions {
  readonly edits?: readonly Edit[];
  /** SAEs and transcoders that stand in for activations. */
  readonly splice?: readonly Splice[];
  /** Positions that edits may name. */
  readonly positions?: NamedPositions;
  readonly view?: Request["view"];
  readonly signal?: AbortSignal | undefined;
  /** Most bytes that this run may need, weights included; the model's own limit when absent. */
  readonly budget?: number | undefined;
}

export interface ForwardOptions extends RunOptions {
  /** Logits at every position, at the last real one, or not at all (the run then stops after the last hook). */
  readonly logits?: "all" | "last" | "none";
  /** Values by hook to start from, such as a cached residual: nothing before them is computed. */
  readonly start?: Values;
}

/** What running an extension can be given. */
export interface ComputeOptions extends Omit<RunOptions, "edits">, Pick<ForwardOptions, "start"> {
  /** Edits as people write them, or with their numbers worked out already. */
  readonly edits?: readonly (Edit | ResolvedEdit)[];
}

export interface CacheOptions extends ForwardOptions {
  /** Hooks to keep: names, globs, a predicate; TransformerLens's default set when absent. */
  readonly names?: HookFilter;
  /** Keep only these positions of each prompt, as `Array.prototype.slice` counts over its tokens. */
  readonly posSlice?: readonly [start: number, end?: number];
}

export interface HookedOptions extends CacheOptions {
  readonly fwdHooks: ForwardHooks;
}

export interface GradientOptions extends RunOptions {
  readonly of: Metric;
  /** Hooks (names, globs, a predicate) or weights. */
  readonly wrt: HookFilter;
}

export interface SweepOptions extends RunOptions {
  /** One row each: an edit, or several that act together. */
  readonly over: readonly SweepRow[];
  readonly metric: Metric;
  /** Most tokens in one run; 640 by default. */
  readonly tokensPerRun?: number;
  /** What an earlier, interrupted sweep with the same options left, as `onState` gave it. */
  readonly resume?: SweepState;
  /** Called with plain data after every run. */
  readonly onState?: (state: SweepState) => void;
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** What generation can be told when its tokens are taken one by one. */
export interface StreamOptions extends SamplingOptions, Omit<RunOptions, "paddingSide" | "view"> {
  readonly maxNewTokens?: number;
  readonly seed?: number;
  /** Stop at the model's end-of-sequence tokens; true by default. */
  readonly stopAtEos?: boolean;
  /** More tokens to stop at: ids, or texts of one token. */
  readonly stopAt?: number | string | readonly (number | string)[];
  readonly fwdHooks?: ForwardHooks;
}

export interface GenerateOptions extends StreamOptions {
  /** Hooks to keep, of the prompt and of each new token that has been read: all but the last. */
  readonly names?: HookFilter;
  /** Called with every new token of every row. */
  readonly onToken?: (token: { row: number; id: number; text: string }) => void;
}

export interface Generation {
  /** New tokens of each prompt, that at which it stopped included. */
  readonly ids: number[][];
  /** The text that they add to each prompt; none without a tokenizer. */
  readonly texts: string[];
  /** The hooks in `names`. */
  readonly cache: ActivationCache;
}

export interface RunResult {
  /** [batch, pos, dVocabOut], or [batch, dVocabOut] at the last position; empty when not asked for. */
  readonly logits: Tensor;
  readonly tokens: TokenBatch;
}

/** Keys of the options above, by verb. */
export const modelKeys: OptionKeys<ModelOptions> = {
  ...loadKeys,
  runtime: "required",
  maxPrograms: "optional",
  budget: "optional",
};

export const onnxKeys: OptionKeys<OnnxOptions> = {
  ...modelKeys,
  tokenizer: "optional",
  tokenizerConfig: "optional",
  config: "optional",
  id: "optional",
  file: "optional",
};

export const runKeys: OptionKeys<RunOptions> = {
  ...promptKeys,
  edits: "optional",
  splice: "optional",
  positions: "optional",
  view: "optional",
  signal: "optional",
  budget: "optional",
};

export const computeKeys: OptionKeys<ComputeOptions> = { ...runKeys, start: "optional" };

export const forwardKeys: OptionKeys<ForwardOptions> = {
  ...runKeys,
  start: "optional",
  logits: "optional",
};

export const cacheKeys: OptionKeys<CacheOptions> = {
  ...forwardKeys,
  names: "optional",
  posSlice: "optional",
};

export const hookedKeys: OptionKeys<HookedOptions> = { ...cacheKeys, fwdHooks: "required" };

export const gradientKeys: OptionKeys<GradientOptions> = {
  ...runKeys,
  of: "required",
  wrt: "required",
};

export const sweepKeys: OptionKeys<SweepOptions> = {
  ...runKeys,
  over: "required",
  metric: "required",
  tokensPerRun: "optional",
  resume: "optional",
  onState: "optional",
  onProgress: "optional",
};

const { view: _view, paddingSide: _side, ...continuedKeys } = runKeys;

export const streamKeys: OptionKeys<StreamOptions> = {
  ...continuedKeys,
  temperature: "optional",
  topK: "optional",
  topP: "optional",
  maxNewTokens: "optional",
  seed: "optional",
  stopAtEos: "optional",
  stopAt: "optional",
  fwdHooks: "optional",
};

export const generateKeys: OptionKeys<GenerateOptions> = {
  ...streamKeys,
  names: "optional",
  onToken: "optional",
};
