/** @file The choices that together are an ablation method, every one of them explicit. */

import { checkOptions, type OptionKeys, present, quoted } from "@diopter/tensor";
import type { CircuitPosition } from "../graph/positions";
import type { TaskPrompt } from "../task/task";
import type { Activations } from "./activations";

/** What takes the place of an ablated source's output. */
export type AblationValue =
  /** The same source on another prompt: the prompt's own corruption, or `draws` prompts drawn from the set of corruptions. */
  | {
      readonly kind: "resample";
      readonly from: "paired" | "set";
      readonly corruption?: string;
      readonly draws?: number;
      readonly seed?: number;
    }
  | { readonly kind: "zero" }
  /** The mean over a set of prompts; `by` says what is averaged separately. */
  | {
      readonly kind: "mean";
      readonly over: "clean" | "corrupt" | "both" | "batch" | readonly TaskPrompt[];
      readonly by: "position" | "span" | "group" | "all";
      /** Group of prompts averaged together when `by` is "group", such as "template". */
      readonly group?: string;
      /** Prompts drawn for the mean; all when absent. */
      readonly n?: number;
      readonly seed?: number;
      readonly corruption?: string;
    }
  /** Gaussian noise of `scale` standard deviations: on the embeddings (the run on them is what is patched in), or on every source. */
  | {
      readonly kind: "noise";
      readonly at: "embedding" | "sources";
      readonly scale: number;
      readonly seed: number;
    }
  /** Numbers of one's own, by source hook, such as fitted constants. */
  | { readonly kind: "given"; readonly name: string; readonly activations: Activations };

/** Faithfulness.md 5.2, B1 to B13; Miller et al. 2024, table 1. */
export interface Ablation {
  /** B1: whether a head's queries, keys and values are separate destinations. */
  readonly granularity: "split" | "joint";
  /** Whether token and position embeddings are two sources. */
  readonly embedding: "joint" | "split";
  /** B2: what is replaced: everything that a node writes, or what one edge carries. */
  readonly component: "node" | "edge";
  /** B3 to B5 */
  readonly value: AblationValue;
  /** B6: at every token, at the positions that the circuit names, or at given ones. */
  readonly tokens: "all" | "specific" | readonly CircuitPosition[];
  /** B7: break the clean run, or repair the corrupt one with what the clean side wrote. */
  readonly direction: "ablate-clean" | "restore-clean";
  /** B8: which side is replaced. */
  readonly set: "complement" | "circuit";
  /** B9: whether sources are recomputed under the replacement, or stay what they were in the base run. */
  readonly recomputation: "live" | "frozen";
  /** B10: what stays as in the base run. */
  readonly freeze: { readonly norm: boolean; readonly pattern: boolean };
  /** B12: first positions that are never replaced, such as a shared prefix. */
  readonly prefix: number;
}

/** The method of most later work: break the clean run by replacing what each edge outside the circuit carries with its paired corruption. */
export const resampleEdges: Ablation = {
  granularity: "split",
  embedding: "joint",
  component: "edge",
  value: { kind: "resample", from: "paired" },
  tokens: "all",
  direction: "ablate-clean",
  set: "complement",
  recomputation: "live",
  freeze: { norm: false, pattern: false },
  prefix: 0,
};

/** Every axis, those that are not given as in `resampleEdges`. */
export function ablationOf(options: Partial<Ablation> = {}): Ablation {
  checkOptions("ablationOf", options, axes);
  const ablation = { ...resampleEdges, ...present(options) };
  checkValue(ablation.value);
  checkOptions("ablation: freeze", ablation.freeze, { norm: "required", pattern: "required" });
  return ablation;
}

const axes: OptionKeys<Partial<Ablation>> = {
  granularity: "optional",
  embedding: "optional",
  component: "optional",
  value: "optional",
  tokens: "optional",
  direction: "optional",
  set: "optional",
  recomputation: "optional",
  freeze: "optional",
  prefix: "optional",
};

type Kind<K extends AblationValue["kind"]> = Extract<AblationValue, { kind: K }>;

/** What each kind of value has; `kind` is there in values that were made before. */
const choices: { readonly [K in AblationValue["kind"]]: OptionKeys<Partial<Kind<K>>> } = {
  resample: {
    kind: "optional",
    from: "optional",
    corruption: "optional",
    draws: "optional",
    seed: "optional",
  },
  zero: { kind: "optional" },
  mean: {
    kind: "optional",
    over: "optional",
    by: "optional",
    group: "optional",
    n: "optional",
    seed: "optional",
    corruption: "optional",
  },
  noise: { kind: "optional", at: "optional", scale: "optional", seed: "optional" },
  given: { kind: "optional", name: "optional", activations: "optional" },
};

/** Throws for kinds that are not there, and for what a kind does not have. */
export function checkValue(value: AblationValue): void {
  const kind = value?.kind;
  const known = Object.hasOwn(choices, kind) ? choices[kind] : undefined;
  checkOptions<object>("ablation: value", value, known ?? { ...value }, "field");
  if (known === undefined)
    throw new RangeError(
      `ablation: no value of kind ${quoted(kind)}; expected ${Object.keys(choices).join(", ")}`,
    );
  if (value.kind === "resample" && value.from !== "set" && value.draws !== undefined)
    throw new RangeError('ablation: draws are from the set of corruptions; give from: "set"');
  if (value.kind === "mean" && value.by !== "group" && value.group !== undefined)
    throw new RangeError(
      `ablation: a mean by ${quoted(value.by)} reads no group; it is for by: "group"`,
    );
}

/** Outputs of a paired corrupt prompt. @example resample() */
export function resample(options: Partial<Kind<"resample">> = {}): AblationValue {
  checkOptions("resample", options, choices.resample);
  return { from: "paired", ...present(options), kind: "resample" };
}

/** The mean over a set. @example mean({ over: "corrupt", by: "position" }) */
export function mean(options: Partial<Kind<"mean">> = {}): AblationValue {
  checkOptions("mean", options, choices.mean);
  return { over: "corrupt", by: "position", ...present(options), kind: "mean" };
}

/** Nothing. */
export function zero(): AblationValue {
  return { kind: "zero" };
}

/** Gaussian noise. @example noise({ scale: 3, seed: 0 }) */
export function noise(options: Partial<Kind<"noise">> = {}): AblationValue {
  checkOptions("noise", options, choices.noise);
  return { at: "embedding", scale: 3, seed: 0, ...present(options), kind: "noise" };
}

/** What an ablation tells causally. Miller et al. 2024. */
export function causalReading({ direction, set, value }: Ablation): string {
  const means =
    value.kind === "resample"
      ? "one other prompt"
      : value.kind === "zero"
        ? "nothing"
        : "an average";
  if (direction === "ablate-clean") {
    return set === "complement"
      ? `sufficiency, direct: the circuit keeps the behaviour when the rest sees ${means}`
      : `necessity, direct: the behaviour is lost when the circuit sees ${means}`;
  }
  return set === "circuit"
    ? "sufficiency, mediated: the circuit brings the behaviour back into the corrupt run"
    : "necessity, mediated: the rest cannot bring the behaviour back into the corrupt run";
}
