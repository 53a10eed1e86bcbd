/** @file OLMo 1 (Groeneveld et al. 2024): a Llama whose LayerNorms have neither gain nor bias. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";

export const olmo: Family = {
  name: "olmo",
  accepts: 'model_type "olmo"',
  matches: (config) => config.model_type === "olmo",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("clip_qkv", "queries, keys and values are not clipped");
    return completeConfig({
      ...llamaChoices("olmo", hf, tensors),
      normalizationType: "LNPre",
      eps: 1e-5,
    });
  },
  weights: llamaWeights,
};
