/** @file GPT-J (Wang and Komatsuzaki 2021): attention and MLP side by side after one norm, neighbouring pairs rotated. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import type { Fields } from "./fields";
import { linear, norm } from "./layers";
import { from } from "./recipe";

export const gptj: Family = {
  name: "gptj",
  accepts: 'model_type "gptj"',
  matches: (config) => config.model_type === "gptj",
  prefixes: ["transformer.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/^h\.\d+\.attn\.(bias|masked_bias)$/],
  config: (hf) =>
    completeConfig({
      family: "gptj",
      nLayers: hf.layers("n_layer"),
      dModel: hf.size("n_embd"),
      nHeads: hf.size("n_head"),
      dMlp: hf.sizeOr(undefined, "n_inner"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("n_positions", "n_ctx"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_epsilon", 1e-5),
      actFn: hf.activation("activation_function", "gelu_new"),
      parallelAttnMlp: true,
      sharedNorm: true,
      positionalEmbeddingType: "rotary",
      rotaryDim: rotaryDim(hf),
      rotaryAdjacentPairs: true,
      tiedEmbeddings: hf.boolean("tie_word_embeddings", false),
      initializerRange: hf.number("initializer_range", undefined),
    }),
  weights: () => ({
    "embed.W_E": from("wte.weight"),
    ...norm("blocks.{l}.ln1", "h.{l}.ln_1"),
    "blocks.{l}.attn.W_Q": from("h.{l}.attn.q_proj.weight").transposed(),
    "blocks.{l}.attn.W_K": from("h.{l}.attn.k_proj.weight").transposed(),
    "blocks.{l}.attn.W_V": from("h.{l}.attn.v_proj.weight").transposed(),
    "blocks.{l}.attn.W_O": from("h.{l}.attn.out_proj.weight").transposed(),
    ...linear("blocks.{l}.mlp", "in", "h.{l}.mlp.fc_in"),
    ...linear("blocks.{l}.mlp", "out", "h.{l}.mlp.fc_out"),
    ...norm("ln_final", "ln_f"),
    "unembed.W_U": from("lm_head.weight").transposed(),
    "unembed.b_U": from("lm_head.bias"),
  }),
};

/** Without a field 64; the library breaks down over null. */
function rotaryDim(hf: Fields): number {
  return hf.says("rotary_dim") ? hf.size("rotary_dim") : 64;
}
