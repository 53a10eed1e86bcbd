/** @file Gemma 1 (Gemma Team 2024): a Llama whose gains are `1 + w` and whose embeddings are scaled by sqrt(dModel). */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { gemmaChoices } from "./gemma-like";
import { llamaNames, llamaWeights } from "./llama-like";

export const gemma: Family = {
  name: "gemma",
  accepts: 'model_type "gemma"',
  matches: (config) => config.model_type === "gemma",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("use_bidirectional_attention", "only causal decoders are described");
    return completeConfig(gemmaChoices("gemma", hf, tensors));
  },
  weights: llamaWeights,
};
