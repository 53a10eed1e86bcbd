/** @file GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): q, k and v fused head by head, partly rotated heads. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { fusedByHead, linear, maybeBiased, norm } from "./layers";
import { from } from "./recipe";
import { headSize, rope } from "./rope";

export const gptNeox: Family = {
  name: "gpt_neox",
  accepts: 'model_type "gpt_neox"',
  matches: (config) => config.model_type === "gpt_neox",
  prefixes: ["gpt_neox.", ""],
  unprefixed: /^embed_out\./,
  ignored: [/\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/],
  config: (hf) =>
    completeConfig({
      family: "gpt_neox",
      nLayers: hf.layers("num_hidden_layers"),
      dModel: hf.size("hidden_size"),
      nHeads: hf.size("num_attention_heads"),
      dMlp: hf.size("intermediate_size"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("max_position_embeddings"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_eps", 1e-5),
      actFn: hf.activation("hidden_act", "gelu"),
      parallelAttnMlp: hf.boolean("use_parallel_residual", true),
      ...rope(hf, headSize(hf), {
        partial: hf.positive("rotary_pct", 0.25),
        base: hf.positive("rotary_emb_base", 10000),
      }),
      tiedEmbeddings: hf.boolean("tie_word_embeddings", false),
      defaultPrependBos: false,
      initializerRange: hf.number("initializer_range", undefined),
    }),
  weights: ({ nHeads }) => ({
    "embed.W_E": from("embed_in.weight"),
    ...norm("blocks.{l}.ln1", "layers.{l}.input_layernorm"),
    ...fusedByHead("layers.{l}.attention.query_key_value", nHeads),
    ...maybeBiased("blocks.{l}.attn", "O", "layers.{l}.attention.dense"),
    ...norm("blocks.{l}.ln2", "layers.{l}.post_attention_layernorm"),
    ...linear("blocks.{l}.mlp", "in", "layers.{l}.mlp.dense_h_to_4h"),
    ...linear("blocks.{l}.mlp", "out", "layers.{l}.mlp.dense_4h_to_h"),
    ...norm("ln_final", "final_layer_norm"),
    "unembed.W_U": from("embed_out.weight").transposed(),
  }),
};
