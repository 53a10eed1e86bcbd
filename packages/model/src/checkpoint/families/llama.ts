/** @file Llama 1-3 (Touvron et al. 2023): rotary positions, RMSNorm, gated MLP, grouped-query attention. SmolLM 1 and 2 are Llamas, too. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";

export const llama: Family = {
  name: "llama",
  accepts: 'model_type "llama"',
  matches: (config) => config.model_type === "llama",
  ...llamaNames,
  config: (hf, tensors) => completeConfig(llamaChoices("llama", hf, tensors)),
  weights: llamaWeights,
};
