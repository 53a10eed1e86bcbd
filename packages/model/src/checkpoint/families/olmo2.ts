/** @file OLMo 2 (OLMo Team 2024): a Llama that norms what attention and MLP write, and all queries and keys of a layer together. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { from } from "./recipe";

export const olmo2: Family = {
  name: "olmo2",
  accepts: 'model_type "olmo2"',
  matches: (config) => config.model_type === "olmo2",
  ...llamaNames,
  config: (hf, tensors) =>
    completeConfig({
      ...llamaChoices("olmo2", hf, tensors),
      eps: hf.nonNegative("rms_norm_eps", 1e-5),
      normPlacement: "output",
      qkNorm: { type: "RMS", over: "layer" },
    }),
  weights: () => ({
    ...llamaWeights(),
    "blocks.{l}.attn.q_norm.w": from("layers.{l}.self_attn.q_norm.weight"),
    "blocks.{l}.attn.k_norm.w": from("layers.{l}.self_attn.k_norm.weight"),
    "blocks.{l}.ln1_post.w": from("layers.{l}.post_attention_layernorm.weight"),
    "blocks.{l}.ln2_post.w": from("layers.{l}.post_feedforward_layernorm.weight"),
  }),
};
