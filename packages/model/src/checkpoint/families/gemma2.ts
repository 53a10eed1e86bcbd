/** @file Gemma 2 (Gemma Team 2024): norms around each sublayer, soft-capped scores and logits, a window in every other layer. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { gemmaChoices, sandwichedWeights } from "./gemma-like";
import { llamaNames } from "./llama-like";
import { windows } from "./windows";

export const gemma2: Family = {
  name: "gemma2",
  accepts: 'model_type "gemma2"',
  matches: (config) => config.model_type === "gemma2",
  ...llamaNames,
  config: (hf, tensors) => {
    hf.refuse("use_bidirectional_attention", "only causal decoders are described");
    return completeConfig({
      ...gemmaChoices("gemma2", hf, tensors, 4),
      normPlacement: "both",
      attnScale: Math.sqrt(hf.positive("query_pre_attn_scalar", 256)),
      attnScoresSoftCap: cap(
        hf.says("attn_logit_softcapping"),
        hf.positive("attn_logit_softcapping", undefined),
        50,
      ),
      outputLogitsSoftCap: cap(
        hf.says("final_logit_softcapping"),
        hf.positive("final_logit_softcapping", undefined),
        30,
      ),
      ...windows(hf, hf.sizeOrNull(4096, "sliding_window"), (layer) => layer % 2 === 0),
    });
  },
  weights: sandwichedWeights,
};

/** No field means the default, `null` means no cap. */
function cap(said: boolean, value: number | undefined, unsaid: number): number | undefined {
  return said ? value : unsaid;
}
