/** @file How unfaithful a masked run is, and how that changes with what the graph computes. */

import { type ObjectiveName, objectiveName } from "../objective";

/**
 * What masks are learned to keep: small `kl` or `mse` to the model, a large objective, or `logit-difference-percent`:
 * mean |100 - 100 circuit / model|.
 */
export type Faithfulness = ObjectiveName | "logit-difference-percent";

/** The objective that the graph computes for a loss. Throws `RangeError` for unknown names. */
export function objectiveOf(loss: string): ObjectiveName {
  return loss === "logit-difference-percent" ? "logit-difference" : objectiveName(loss);
}

/** Loss of one prompt and its derivative by the objective; `model` is the objective of the full model. */
export function faithfulnessLoss(
  loss: Faithfulness,
  value: number,
  model: number,
): { readonly loss: number; readonly slope: number } {
  if (loss === "kl" || loss === "mse") return { loss: value, slope: 1 };
  if (loss !== "logit-difference-percent") return { loss: -value, slope: -1 };
  if (model === 0)
    throw new RangeError("mask learning: a prompt on which the model has no margin has no percent");
  const missing = 100 - (100 * value) / model;
  return { loss: Math.abs(missing), slope: (-Math.sign(missing) * 100) / model };
}
