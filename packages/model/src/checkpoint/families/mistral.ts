/** @file Mistral 7B (Jiang et al. 2023): a Llama with a sliding window, unless `sliding_window` is null. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { windows } from "./windows";

export const mistral: Family = {
  name: "mistral",
  accepts: 'model_type "mistral"',
  matches: (config) => config.model_type === "mistral",
  ...llamaNames,
  config: (hf, tensors) => {
    return completeConfig({
      ...llamaChoices("mistral", hf, tensors),
      nKeyValueHeads: hf.sizeOrNull(8, "num_key_value_heads"),
      ...windows(hf, hf.sizeOrNull(4096, "sliding_window")),
    });
  },
  weights: llamaWeights,
};
