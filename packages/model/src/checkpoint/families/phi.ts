/** @file Phi 1, 1.5 and 2 (Gunasekar et al. 2023): attention and MLP side by side after one norm, partly rotated heads. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { linear, norm } from "./layers";
import { llamaNames } from "./llama-like";
import { from, type Recipe } from "./recipe";
import { headSize, rope } from "./rope";

export const phi: Family = {
  name: "phi",
  accepts: 'model_type "phi"',
  matches: (config) => config.model_type === "phi",
  ...llamaNames,
  config: (hf) =>
    completeConfig({
      family: "phi",
      nLayers: hf.layers("num_hidden_layers"),
      dModel: hf.size("hidden_size"),
      nHeads: hf.size("num_attention_heads"),
      nKeyValueHeads: hf.sizeOr(undefined, "num_key_value_heads"),
      dMlp: hf.size("intermediate_size"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("max_position_embeddings"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_eps", 1e-5),
      actFn: hf.activation("hidden_act", "gelu_new"),
      parallelAttnMlp: true,
      sharedNorm: true,
      ...rope(hf, headSize(hf), { partial: 0.5 }),
      qkNorm: hf.boolean("qk_layernorm", false) ? { type: "LN", over: "head" } : undefined,
      tiedEmbeddings: hf.boolean("tie_word_embeddings", false),
      initializerRange: hf.number("initializer_range", undefined),
    }),
  weights: (): Record<string, Recipe> => ({
    "embed.W_E": from("embed_tokens.weight"),
    ...norm("blocks.{l}.ln1", "layers.{l}.input_layernorm"),
    ...linear("blocks.{l}.attn", "Q", "layers.{l}.self_attn.q_proj"),
    ...linear("blocks.{l}.attn", "K", "layers.{l}.self_attn.k_proj"),
    ...linear("blocks.{l}.attn", "V", "layers.{l}.self_attn.v_proj"),
    ...linear("blocks.{l}.attn", "O", "layers.{l}.self_attn.dense"),
    ...norm("blocks.{l}.attn.q_norm", "layers.{l}.self_attn.q_layernorm"),
    ...norm("blocks.{l}.attn.k_norm", "layers.{l}.self_attn.k_layernorm"),
    ...linear("blocks.{l}.mlp", "in", "layers.{l}.mlp.fc1"),
    ...linear("blocks.{l}.mlp", "out", "layers.{l}.mlp.fc2"),
    ...norm("ln_final", "final_layernorm"),
    "unembed.W_U": from("lm_head.weight").transposed(),
    "unembed.b_U": from("lm_head.bias").optional(),
  }),
};
