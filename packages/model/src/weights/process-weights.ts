/** @file Weight processing in one call, and on record. TransformerLens's process_weights_. */

import type { ModelConfig } from "../config";
import { centerUnembed, centerWritingWeights } from "./center-weights";
import { foldLayerNorm } from "./fold-layer-norm";
import { foldValueBiases } from "./fold-value-biases";
import type { ModelWeights, WeightMap } from "./untie";

/** Steps to take, in this order; none is taken unless asked for. */
export interface WeightProcessing {
  readonly foldLayerNorm?: boolean | undefined;
  readonly centerWritingWeights?: boolean | undefined;
  readonly centerUnembed?: boolean | undefined;
  readonly foldValueBiases?: boolean | undefined;
}

export interface ProcessedWeights extends ModelWeights {
  /** Steps that were taken, in order. */
  readonly applied: readonly (keyof WeightProcessing)[];
}

const steps: Readonly<
  Record<keyof WeightProcessing, (config: ModelConfig, weights: WeightMap) => ModelWeights>
> = { foldLayerNorm, centerWritingWeights, centerUnembed, foldValueBiases };

/**
 * The same model with its weights rewritten; the weights given are left as they are.
 *
 * @throws {InexactProcessingError} when a step would change what the model computes.
 *
 * @example
 * processWeights(config, weights, { foldLayerNorm: true, centerUnembed: true }).applied;
 */
export function processWeights(
  config: ModelConfig,
  weights: WeightMap,
  flags: WeightProcessing,
): ProcessedWeights {
  for (const flag of Object.keys(flags)) {
    if (Object.hasOwn(steps, flag)) continue;
    throw new RangeError(
      `processWeights: no step "${flag}"; expected ${Object.keys(steps).join(", ")}`,
    );
  }
  const applied = (Object.keys(steps) as (keyof WeightProcessing)[]).filter((step) => flags[step]);
  const start: ModelWeights = { config, weights };
  const end = applied.reduce((model, step) => steps[step](model.config, model.weights), start);
  return { ...end, applied };
}
