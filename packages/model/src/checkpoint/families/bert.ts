/** @file BERT (Devlin et al. 2018) with its masked-language-model head: norms after each residual sum, token types. */

import { completeConfig } from "./complete-config";
import { encoderChoices, encoderWeights, gammaNorm } from "./encoder-like";
import type { Family } from "./family";
import { from } from "./recipe";

export const bert: Family = {
  name: "bert",
  accepts: 'model_type "bert"',
  matches: (config) => config.model_type === "bert",
  prefixes: ["bert.", ""],
  unprefixed: /^cls\./,
  ignored: [/^embeddings\.position_ids$/, /^pooler\./, /^cls\.seq_relationship\./],
  config: (hf) => completeConfig(encoderChoices("bert", hf)),
  weights: () => ({
    ...encoderWeights(),
    "mlm_head.W": from("cls.predictions.transform.dense.weight").transposed(),
    "mlm_head.b": from("cls.predictions.transform.dense.bias"),
    ...gammaNorm("mlm_head.ln", "cls.predictions.transform.LayerNorm"),
    "unembed.W_U": from("cls.predictions.decoder.weight").transposed(),
    "unembed.b_U": from("cls.predictions.bias").or("cls.predictions.decoder.bias"),
  }),
};
