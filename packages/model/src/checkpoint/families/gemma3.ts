/** @file The text model of Gemma 3 (Gemma Team 2025): Gemma 2 with normed queries and keys instead of soft-caps, and two rotary bases. */

import { type ConfigChoices, completeConfig } from "./complete-config";
import type { Family } from "./family";
import type { Fields } from "./fields";
import { gemmaChoices, sandwichedWeights } from "./gemma-like";
import { llamaNames } from "./llama-like";
import { from } from "./recipe";
import { headSize, rotaryScaling } from "./rope";
import { windows } from "./windows";

export const gemma3: Family = {
  name: "gemma3",
  accepts: 'model_type "gemma3_text"',
  matches: (config) => config.model_type === "gemma3_text",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("use_bidirectional_attention", "only causal decoders are described");
    const period = hf.sizeOr(6, "sliding_window_pattern", "_sliding_window_pattern");
    return completeConfig({
      ...gemmaChoices("gemma3", hf, tensors, 4, 1e6),
      normPlacement: "both",
      qkNorm: { type: "RMS", over: "head" },
      attnScale: Math.sqrt(hf.positive("query_pre_attn_scalar", 256)),
      attnScoresSoftCap: hf.positive("attn_logit_softcapping", undefined),
      outputLogitsSoftCap: hf.positive("final_logit_softcapping", undefined),
      rotaryBaseLocal: hf.positive("rope_local_base_freq", 10000),
      ...ropePerLayerType(hf),
      ...windows(hf, hf.sizeOrNull(4096, "sliding_window"), (layer) => (layer + 1) % period !== 0),
    });
  },
  weights: () => ({
    ...sandwichedWeights(),
    "blocks.{l}.attn.q_norm.w": from("layers.{l}.self_attn.q_norm.weight"),
    "blocks.{l}.attn.k_norm.w": from("layers.{l}.self_attn.k_norm.weight"),
  }),
};

/** transformers 5 has one set of rotary settings for each kind of layer. */
function ropePerLayerType(
  hf: Fields,
): Pick<ConfigChoices, "rotaryBase" | "rotaryBaseLocal" | "rotaryScaling"> {
  const rope = hf.object("rope_parameters");
  const [full, sliding] = [rope?.object("full_attention"), rope?.object("sliding_attention")];
  if (!full || !sliding) return {};
  return {
    rotaryBase: full.positive("rope_theta", 1e6),
    rotaryScaling: rotaryScaling(hf, full, headSize(hf, 256)),
    rotaryBaseLocal: sliding.positive("rope_theta", 10000),
  };
}
