/** @file Phi 3, 3.5 and 4 (Abdin et al. 2024): a Llama with fused projections, and rotation stretched frequency by frequency. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { llamaChoices, llamaNames, llamaWeights } from "./llama-like";
import { from } from "./recipe";
import { windows } from "./windows";

export const phi3: Family = {
  name: "phi3",
  accepts: 'model_type "phi3"',
  matches: (config) => config.model_type === "phi3",
  ...llamaNames,
  config: (hf, tensors) =>
    completeConfig({
      ...llamaChoices("phi3", hf, tensors, { originalContext: 4096 }),
      eps: hf.nonNegative("rms_norm_eps", 1e-5),
      ...windows(hf, hf.sizeOr(undefined, "sliding_window")),
    }),
  weights: ({ nHeads, nKeyValueHeads, dHead, dMlp }) => {
    const qkv = [nHeads * dHead, nKeyValueHeads * dHead, nKeyValueHeads * dHead];
    const attention = from("layers.{l}.self_attn.qkv_proj.weight");
    const mlp = from("layers.{l}.mlp.gate_up_proj.weight");
    return {
      ...llamaWeights(),
      "blocks.{l}.attn.W_Q": attention.rows(0, qkv).transposed(),
      "blocks.{l}.attn.W_K": attention.rows(1, qkv).transposed(),
      "blocks.{l}.attn.W_V": attention.rows(2, qkv).transposed(),
      "blocks.{l}.mlp.W_gate": mlp.rows(0, [dMlp, dMlp]).transposed(),
      "blocks.{l}.mlp.W_in": mlp.rows(1, [dMlp, dMlp]).transposed(),
    };
  },
};
