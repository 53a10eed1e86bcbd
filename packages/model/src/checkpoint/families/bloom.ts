/** @file BLOOM (BigScience 2022): ALiBi instead of position embeddings, a norm after the embedding, q, k and v fused head by head. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { fusedByHead, linear, norm } from "./layers";
import { from } from "./recipe";

export const bloom: Family = {
  name: "bloom",
  accepts: 'model_type "bloom"',
  matches: (config) => config.model_type === "bloom",
  prefixes: ["transformer.", ""],
  unprefixed: /^lm_head\./,
  ignored: [],
  config: (hf, tensors) => {
    hf.refuse(
      "apply_residual_connection_post_layernorm",
      "the residual sum takes the unnormed stream",
    );
    return completeConfig({
      family: "bloom",
      nLayers: hf.layers("n_layer", "num_hidden_layers"),
      dModel: hf.size("n_embed", "hidden_size"),
      nHeads: hf.size("n_head", "num_attention_heads"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.sizeOr(2048, "seq_length"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_epsilon", 1e-5),
      actFn: "gelu_fast",
      positionalEmbeddingType: "alibi",
      postEmbeddingNorm: true,
      tiedEmbeddings: hf.boolean("tie_word_embeddings", !tensors.shape("lm_head.weight")),
      defaultPrependBos: false,
      initializerRange: hf.number("initializer_range", undefined),
    });
  },
  weights: ({ nHeads }) => ({
    "embed.W_E": from("word_embeddings.weight"),
    ...norm("embed.ln", "word_embeddings_layernorm"),
    ...norm("blocks.{l}.ln1", "h.{l}.input_layernorm"),
    ...fusedByHead("h.{l}.self_attention.query_key_value", nHeads),
    ...linear("blocks.{l}.attn", "O", "h.{l}.self_attention.dense"),
    ...norm("blocks.{l}.ln2", "h.{l}.post_attention_layernorm"),
    ...linear("blocks.{l}.mlp", "in", "h.{l}.mlp.dense_h_to_4h"),
    ...linear("blocks.{l}.mlp", "out", "h.{l}.mlp.dense_4h_to_h"),
    ...norm("ln_final", "ln_f"),
    "unembed.W_U": from("lm_head.weight").transposed(),
  }),
};
