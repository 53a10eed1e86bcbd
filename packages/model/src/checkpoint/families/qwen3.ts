/** @file Qwen 3 (Yang et al. 2025): a Llama with an RMSNorm on each query and key, and heads of their own width. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { from } from "./recipe";
import { qwenWindows } from "./windows";

export const qwen3: Family = {
  name: "qwen3",
  accepts: 'model_type "qwen3"',
  matches: (config) => config.model_type === "qwen3",
  ...llamaNames,
  config: (hf, tensors) =>
    completeConfig({
      ...llamaChoices("qwen3", hf, tensors, { dHead: 128 }),
      nKeyValueHeads: hf.sizeOrNull(32, "num_key_value_heads"),
      ...qwenWindows(hf),
      qkNorm: { type: "RMS", over: "head" },
      defaultPrependBos: false,
    }),
  weights: () => ({
    ...llamaWeights(),
    "blocks.{l}.attn.q_norm.w": from("layers.{l}.self_attn.q_norm.weight"),
    "blocks.{l}.attn.k_norm.w": from("layers.{l}.self_attn.k_norm.weight"),
  }),
};
