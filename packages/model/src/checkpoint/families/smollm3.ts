/** @file SmolLM 3 (Hugging Face 2025): a Llama that leaves every fourth layer unrotated. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import type { Fields } from "./fields";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { windows } from "./windows";

export const smollm3: Family = {
  name: "smollm3",
  accepts: 'model_type "smollm3"',
  matches: (config) => config.model_type === "smollm3",
  ...llamaNames,
  config: (hf, tensors) => {
    const width = hf.boolean("use_sliding_window", false)
      ? hf.sizeOr(undefined, "sliding_window")
      : undefined;
    const unrotated = layersWithoutRotary(hf);
    return completeConfig({
      ...llamaChoices("smollm3", hf, tensors, { base: 2e6, tied: true }),
      nKeyValueHeads: hf.sizeOrNull(4, "num_key_value_heads"),
      layersWithoutRotary: unrotated,
      ...windows(hf, width, (layer) => unrotated.includes(layer)),
    });
  },
  weights: llamaWeights,
};

/** `no_rope_layers` holds 0 where there is no rotation, against what its name says. */
function layersWithoutRotary(hf: Fields): number[] {
  const nLayers = hf.layers("num_hidden_layers");
  const interval = hf.sizeOr(4, "no_rope_layer_interval");
  const rotated = hf.numbers("no_rope_layers", nLayers);
  return Array.from({ length: nLayers }, (_, layer) => layer).filter((layer) =>
    rotated ? rotated[layer] === 0 : (layer + 1) % interval === 0,
  );
}
