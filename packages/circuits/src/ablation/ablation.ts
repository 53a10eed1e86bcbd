/** @file The choices that together are an ablation method, every one of them explicit. */

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
  return { ...resampleEdges, ...options };
}

/** Outputs of a paired corrupt prompt. @example resample() */
export function resample(
  options: Partial<Extract<AblationValue, { kind: "resample" }>> = {},
): AblationValue {
  return { from: "paired", ...options, kind: "resample" };
}

/** The mean over a set. @example mean({ over: "corrupt", by: "position" }) */
export function mean(
  options: Partial<Extract<AblationValue, { kind: "mean" }>> = {},
): AblationValue {
  return { over: "corrupt", by: "position", ...options, kind: "mean" };
}

/** Nothing. */
export function zero(): AblationValue {
  return { kind: "zero" };
}

/** Gaussian noise. @example noise({ scale: 3, seed: 0 }) */
export function noise(
  options: Partial<Extract<AblationValue, { kind: "noise" }>> = {},
): AblationValue {
  return { at: "embedding", scale: 3, seed: 0, ...options, kind: "noise" };
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
