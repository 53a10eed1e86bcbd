/** @file Value biases as part of the output bias. TransformerLens's fold_value_biases. */

import { add, gather, matmul, reshape, type Tensor } from "@diopter/tensor";
import type { ModelConfig } from "../config";
import { Draft, type ModelWeights, type WeightMap } from "./untie";

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
