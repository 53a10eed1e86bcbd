/** @file Subnetwork probing over a grid of penalties: how expensive an element may be before it is given up. */

import type { AblationValue } from "../ablation/ablation";
import { learnMasks } from "../discover/masks/learn-masks";
import type { TracrProgram } from "./tracr-programs";

export interface ProbingOptions {
  readonly component: "edge" | "node";
  readonly value: AblationValue;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Prices of keeping everything, in the unit of the distance. */
const penalties = [0.01, 0.1, 1] as const;
const steps = 40;
const batchSize = 32;

/**
 * Scores by element: the largest penalty at which its learned mask is kept, 0 where none is.
 *
 * Masks of elements that make no difference follow the penalty alone, so that they are equal.
 */
export async function probedMasks(
  { model, task, distance }: Pick<TracrProgram, "model" | "task" | "distance">,
  { component, value, seed, signal }: ProbingOptions,
): Promise<Float64Array> {
  let scores: Float64Array | undefined;
  for (const penalty of penalties) {
    const learned = await learnMasks(model, task, {
      component,
      value,
      metric: distance === "kl" ? "kl" : "mse",
      size: { penalty },
      steps,
      batchSize,
      seed,
      ...(signal && { signal }),
    });
    scores ??= new Float64Array(learned.scores.values.length);
    for (const element of learned.circuit.placement.keys()) scores[element] = penalty;
  }
  return scores!;
}
