/** @file RoBERTa (Liu et al. 2019) and its kin with the same layout: BERT whose positions start after the padding id. */

import { completeConfig } from "./complete-config";
import { encoderChoices, encoderWeights } from "./encoder-like";
import type { Family } from "./family";
import { norm } from "./layers";
import { from } from "./recipe";

export const roberta: Family = {
  name: "roberta",
  accepts: 'model_type "roberta", "xlm-roberta" or "camembert"',
  matches: (config) =>
    ["roberta", "xlm-roberta", "camembert"].includes(config.model_type as string),
  prefixes: ["roberta.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/^embeddings\.position_ids$/, /^pooler\./],
  config: (hf) => {
    const positionOffset = hf.number("pad_token_id", 1) + 1;
    return completeConfig({
      ...encoderChoices("roberta", hf),
      // The head is always GELU; an encoder with other neurons would need two activations.
      actFn: hf.choice("hidden_act", ["gelu"], "gelu"),
      nCtx: hf.size("max_position_embeddings") - positionOffset,
      positionOffset,
    });
  },
  weights: () => ({
    ...encoderWeights(),
    "mlm_head.W": from("lm_head.dense.weight").transposed(),
    "mlm_head.b": from("lm_head.dense.bias"),
    ...norm("mlm_head.ln", "lm_head.layer_norm"),
    "unembed.W_U": from("lm_head.decoder.weight").transposed(),
    "unembed.b_U": from("lm_head.bias").or("lm_head.decoder.bias"),
  }),
};
