/** @file DistilBERT (Sanh et al. 2019): half of BERT's layers, no token types. */

import { completeConfig } from "./complete-config";
import { maskedLanguageModel } from "./encoder-like";
import type { Family } from "./family";
import { linear, norm } from "./layers";
import { from } from "./recipe";

export const distilbert: Family = {
  name: "distilbert",
  accepts: 'model_type "distilbert"',
  matches: (config) => config.model_type === "distilbert",
  prefixes: ["distilbert.", ""],
  unprefixed: /^vocab_/,
  ignored: [/^embeddings\.position_ids$/],
  config: (hf) =>
    completeConfig({
      family: "distilbert",
      nLayers: hf.layers("n_layers"),
      dModel: hf.size("dim"),
      nHeads: hf.size("n_heads"),
      dMlp: hf.size("hidden_dim"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("max_position_embeddings"),
      ...maskedLanguageModel,
      eps: 1e-12,
      actFn: hf.activation("activation", "gelu"),
      tiedEmbeddings: hf.boolean("tie_word_embeddings", true),
      initializerRange: hf.number("initializer_range", undefined),
    }),
  weights: () => ({
    "embed.W_E": from("embeddings.word_embeddings.weight"),
    "pos_embed.W_pos": from("embeddings.position_embeddings.weight"),
    ...norm("embed.ln", "embeddings.LayerNorm"),
    ...linear("blocks.{l}.attn", "Q", "transformer.layer.{l}.attention.q_lin"),
    ...linear("blocks.{l}.attn", "K", "transformer.layer.{l}.attention.k_lin"),
    ...linear("blocks.{l}.attn", "V", "transformer.layer.{l}.attention.v_lin"),
    ...linear("blocks.{l}.attn", "O", "transformer.layer.{l}.attention.out_lin"),
    ...norm("blocks.{l}.ln1", "transformer.layer.{l}.sa_layer_norm"),
    ...linear("blocks.{l}.mlp", "in", "transformer.layer.{l}.ffn.lin1"),
    ...linear("blocks.{l}.mlp", "out", "transformer.layer.{l}.ffn.lin2"),
    ...norm("blocks.{l}.ln2", "transformer.layer.{l}.output_layer_norm"),
    "mlm_head.W": from("vocab_transform.weight").transposed(),
    "mlm_head.b": from("vocab_transform.bias"),
    ...norm("mlm_head.ln", "vocab_layer_norm"),
    "unembed.W_U": from("vocab_projector.weight").transposed(),
    "unembed.b_U": from("vocab_projector.bias"),
  }),
};
