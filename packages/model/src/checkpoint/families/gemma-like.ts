/** @file What the three generations of Gemma share. */

import type { ActivationFunction } from "../../config/config";
import { type ConfigChoices, completeConfig } from "./complete-config";
import type { Family, TensorNames } from "./family";
import type { Fields } from "./fields";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { from, type Recipe } from "./recipe";

export function gemmaChoices(
  family: string,
  hf: Fields,
  tensors: TensorNames,
  nKeyValueHeads: number,
  base = 10000,
): ConfigChoices {
  return {
    ...llamaChoices(family, hf, tensors, { base, dHead: 256, tied: true }),
    nKeyValueHeads: hf.sizeOrNull(nKeyValueHeads, "num_key_value_heads"),
    actFn: hf.activation("hidden_activation", "gelu_new"),
    gainPlusOne: true,
    embeddingScale: Math.sqrt(hf.size("hidden_size")),
  };
}

/** Gemma 2 and 3: norms on what attention and MLP read and on what they write. */
export function sandwichedWeights(): Record<string, Recipe> {
  return {
    ...llamaWeights(),
    "blocks.{l}.ln1_post.w": from("layers.{l}.post_attention_layernorm.weight"),
    "blocks.{l}.ln2.w": from("layers.{l}.pre_feedforward_layernorm.weight"),
    "blocks.{l}.ln2_post.w": from("layers.{l}.post_feedforward_layernorm.weight"),
  };
}

export const gemma: Family = {
  name: "gemma",
  accepts: 'model_type "gemma"',
  matches: (config) => config.model_type === "gemma",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("use_bidirectional_attention", "only causal decoders are described");
    return completeConfig({
      ...gemmaChoices("gemma", hf, tensors, 16),
      actFn: hf.has("hidden_activation")
        ? hf.activation("hidden_activation", "gelu_new")
        : tanhForm(hf.activation("hidden_act", "gelu_new")),
    });
  },
  weights: llamaWeights,
};

/** Early files say "gelu" under hidden_act and mean the tanh form. */
function tanhForm(actFn: ActivationFunction): ActivationFunction {
  return actFn === "gelu" ? "gelu_new" : actFn;
}
