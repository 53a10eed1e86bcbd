/** @file Qwen 2 and 2.5 (Yang et al. 2024): a Llama with biases on queries, keys and values. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { qwenWindows } from "./windows";

export const qwen2: Family = {
  name: "qwen2",
  accepts: 'model_type "qwen2"',
  matches: (config) => config.model_type === "qwen2",
  ...llamaNames,
  config: (hf, tensors) =>
    completeConfig({
      ...llamaChoices("qwen2", hf, tensors),
      nKeyValueHeads: hf.sizeOrNull(32, "num_key_value_heads"),
      ...qwenWindows(hf),
      defaultPrependBos: false,
    }),
  weights: llamaWeights,
};
