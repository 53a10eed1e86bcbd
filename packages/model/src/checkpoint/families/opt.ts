/** @file OPT (Zhang et al. 2022): a decoder with ReLU neurons and positions that start at row 2. */

import { UnsupportedModelError } from "../../config/errors";
import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { maybeBiased, norm } from "./layers";
import { from } from "./recipe";

export const opt: Family = {
  name: "opt",
  accepts: 'model_type "opt"',
  matches: (config) => config.model_type === "opt",
  prefixes: ["model.decoder.", "decoder.", ""],
  unprefixed: /^lm_head\./,
  ignored: [],
  config: (hf, tensors) => {
    const dModel = hf.size("hidden_size");
    const refuse = (setting: string, reason: string) => {
      throw new UnsupportedModelError(
        `opt: config.json has ${setting}, which is not supported: ${reason}`,
      );
    };
    if (hf.sizeOr(dModel, "word_embed_proj_dim") !== dModel) {
      refuse(
        `word_embed_proj_dim ${hf.size("word_embed_proj_dim")} and hidden_size ${dModel}`,
        "embeddings are as wide as the stream (opt-350m projects them)",
      );
    }
    if (!hf.boolean("do_layer_norm_before", true)) {
      refuse(
        "do_layer_norm_before false",
        "norms come before attention and MLP (opt-350m has them after)",
      );
    }
    if (!hf.boolean("layer_norm_elementwise_affine", true)) {
      refuse("layer_norm_elementwise_affine false", "norms have gains and biases");
    }
    hf.refuse("_remove_final_layer_norm", "a norm precedes the unembedding");
    return completeConfig({
      family: "opt",
      nLayers: hf.layers("num_hidden_layers"),
      dModel,
      nHeads: hf.size("num_attention_heads"),
      dMlp: hf.size("ffn_dim"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("max_position_embeddings"),
      positionOffset: 2,
      normalizationType: "LN",
      actFn: hf.activation("activation_function", "relu"),
      tiedEmbeddings: hf.boolean("tie_word_embeddings", !tensors.shape("lm_head.weight")),
      initializerRange: hf.number("init_std", undefined),
    });
  },
  weights: () => ({
    "embed.W_E": from("embed_tokens.weight"),
    "pos_embed.W_pos": from("embed_positions.weight"),
    ...norm("blocks.{l}.ln1", "layers.{l}.self_attn_layer_norm"),
    ...maybeBiased("blocks.{l}.attn", "Q", "layers.{l}.self_attn.q_proj"),
    ...maybeBiased("blocks.{l}.attn", "K", "layers.{l}.self_attn.k_proj"),
    ...maybeBiased("blocks.{l}.attn", "V", "layers.{l}.self_attn.v_proj"),
    ...maybeBiased("blocks.{l}.attn", "O", "layers.{l}.self_attn.out_proj"),
    ...norm("blocks.{l}.ln2", "layers.{l}.final_layer_norm"),
    ...maybeBiased("blocks.{l}.mlp", "in", "layers.{l}.fc1"),
    ...maybeBiased("blocks.{l}.mlp", "out", "layers.{l}.fc2"),
    ...norm("ln_final", "final_layer_norm"),
    "unembed.W_U": from("lm_head.weight").transposed(),
  }),
};
