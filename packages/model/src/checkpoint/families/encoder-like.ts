/** @file What BERT and RoBERTa share: field names and the tensors of the encoder. */

import type { ConfigChoices } from "./complete-config";
import type { Fields } from "./fields";
import { linear } from "./layers";
import { from, type Recipe } from "./recipe";

export function encoderChoices(family: string, hf: Fields): ConfigChoices {
  hf.refuse("is_decoder", "only the encoder is described");
  hf.choice("position_embedding_type", ["absolute"], "absolute");
  return {
    family,
    nLayers: hf.layers("num_hidden_layers"),
    dModel: hf.size("hidden_size"),
    nHeads: hf.size("num_attention_heads"),
    dMlp: hf.size("intermediate_size"),
    dVocab: hf.size("vocab_size"),
    nCtx: hf.size("max_position_embeddings"),
    tokenTypes: hf.sizeOr(2, "type_vocab_size"),
    ...maskedLanguageModel,
    eps: hf.nonNegative("layer_norm_eps", 1e-12),
    actFn: hf.activation("hidden_act", "gelu"),
    tiedEmbeddings: hf.boolean("tie_word_embeddings", true),
    initializerRange: hf.number("initializer_range", undefined),
  };
}

/** Norms after each residual sum, both directions, a head for masked words. */
export const maskedLanguageModel = {
  normalizationType: "LN",
  normPlacement: "post",
  finalNorm: false,
  postEmbeddingNorm: true,
  mlmHead: true,
  attentionDir: "bidirectional",
} as const;

export function encoderWeights(): Record<string, Recipe> {
  return {
    "embed.W_E": from("embeddings.word_embeddings.weight"),
    "embed.W_token_type": from("embeddings.token_type_embeddings.weight"),
    "pos_embed.W_pos": from("embeddings.position_embeddings.weight"),
    ...gammaNorm("embed.ln", "embeddings.LayerNorm"),
    ...linear("blocks.{l}.attn", "Q", "encoder.layer.{l}.attention.self.query"),
    ...linear("blocks.{l}.attn", "K", "encoder.layer.{l}.attention.self.key"),
    ...linear("blocks.{l}.attn", "V", "encoder.layer.{l}.attention.self.value"),
    ...linear("blocks.{l}.attn", "O", "encoder.layer.{l}.attention.output.dense"),
    ...gammaNorm("blocks.{l}.ln1", "encoder.layer.{l}.attention.output.LayerNorm"),
    ...linear("blocks.{l}.mlp", "in", "encoder.layer.{l}.intermediate.dense"),
    ...linear("blocks.{l}.mlp", "out", "encoder.layer.{l}.output.dense"),
    ...gammaNorm("blocks.{l}.ln2", "encoder.layer.{l}.output.LayerNorm"),
  };
}

/** Files converted from the original TensorFlow checkpoints say gamma and beta. */
export function gammaNorm(module: string, source: string): Record<string, Recipe> {
  return {
    [`${module}.w`]: from(`${source}.weight`).or(`${source}.gamma`),
    [`${module}.b`]: from(`${source}.bias`).or(`${source}.beta`),
  };
}
