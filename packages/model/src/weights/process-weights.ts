/** @file Weight processing in one call, and on record. TransformerLens's process_weights_. */

import {
  add,
  checkOptions,
  gather,
  matmul,
  type OptionKeys,
  reshape,
  type Tensor,
} from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { centerUnembed, centerWritingWeights } from "./center-weights";
import { foldLayerNorm } from "./fold-layer-norm";
import { Draft, type ModelWeights, type WeightMap } from "./untie";

/** Steps to take, in this order; none is taken unless asked for. */
export interface WeightProcessing {
  readonly foldLayerNorm?: boolean | undefined;
  readonly centerWritingWeights?: boolean | undefined;
  readonly centerUnembed?: boolean | undefined;
  readonly foldValueBiases?: boolean | undefined;
}

export const processingKeys: OptionKeys<WeightProcessing> = {
  foldLayerNorm: "optional",
  centerWritingWeights: "optional",
  centerUnembed: "optional",
  foldValueBiases: "optional",
};

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
  checkOptions("processWeights", flags, processingKeys, "step");
  const applied = (Object.keys(steps) as (keyof WeightProcessing)[]).filter((step) => flags[step]);
  const start: ModelWeights = { config, weights };
  const end = applied.reduce((model, step) => steps[step](model.config, model.weights), start);
  return { ...end, applied };
}

/**
 * The same model with value biases moved into the attention's output bias.
 *
 * Exact because each row of a pattern sums to 1, so a value bias always arrives whole. It changes
 * what zeroing a head's `hook_z` means.
 */
export function foldValueBiases(config: ModelConfig, weights: WeightMap): ModelWeights {
  const draft = new Draft(weights);
  for (let layer = 0; layer < config.nLayers; layer++) {
    const attn = `blocks.${layer}.attn`;
    const values = draft.get(`${attn}.b_V`);
    const W = draft.get(`${attn}.W_O`);
    if (!values || !W) continue;
    const written = matmul(perQueryHead(values, config), W); // [dModel]
    const bias = draft.get(`${attn}.b_O`);
    draft.set(`${attn}.b_O`, bias ? add(bias, written) : written);
    draft.delete(`${attn}.b_V`);
  }
  return { config, weights: draft.done() };
}

/** [nKeyValueHeads*dHead] -> [nHeads*dHead], repeated for the query heads of each group. */
function perQueryHead(bias: Tensor, { nHeads, nKeyValueHeads, dHead }: ModelConfig): Tensor {
  const group = nHeads / nKeyValueHeads;
  const owners = Array.from({ length: nHeads }, (_, head) => Math.floor(head / group));
  const heads = gather(reshape(bias, [nKeyValueHeads, dHead]), owners, 0);
  return reshape(heads, [nHeads * dHead]);
}
