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
    const unsaid = hf.says("sliding_window") ? undefined : 4096;
    return completeConfig({
      ...llamaChoices("mistral", hf, tensors),
      ...windows(hf, hf.sizeOr(unsaid, "sliding_window")),
    });
  },
  weights: llamaWeights,
};
