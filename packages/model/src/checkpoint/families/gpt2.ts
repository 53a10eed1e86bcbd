/** @file GPT-2 (Radford et al. 2019) as Hugging Face keeps it: matrices `[in, out]`, q, k and v fused. */

import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import { from } from "./recipe";

export const gpt2: Family = {
  name: "gpt2",
  accepts: 'model_type "gpt2"',
  matches: (config) => config.model_type === "gpt2",
  prefixes: ["transformer.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/^h\.\d+\.attn\.(bias|masked_bias)$/],
  config: (hf, tensors) => {
    hf.refuse("scale_attn_by_inverse_layer_idx", "scores are scaled alike in every layer");
    hf.refuse("add_cross_attention", "decoders have self-attention only");
    const scaled = hf.boolean("scale_attn_weights", true);
    return completeConfig({
      family: "gpt2",
      nLayers: hf.layers("n_layer"),
      dModel: hf.size("n_embd"),
      nHeads: hf.size("n_head"),
      nCtx: hf.size("n_positions", "n_ctx"),
      dVocab: hf.size("vocab_size"),
      dMlp: hf.sizeOr(undefined, "n_inner"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_epsilon", 1e-5),
      actFn: hf.activation("activation_function", "gelu_new"),
      attnScale: scaled ? undefined : 1,
      tiedEmbeddings: hf.boolean("tie_word_embeddings", !tensors.shape("lm_head.weight")),
      initializerRange: hf.number("initializer_range", undefined),
    });
  },
  weights: ({ dModel }) => {
    const qkv = [dModel, dModel, dModel];
    const weight = from("h.{l}.attn.c_attn.weight");
    const bias = from("h.{l}.attn.c_attn.bias");
    return {
      "embed.W_E": from("wte.weight"),
      "pos_embed.W_pos": from("wpe.weight"),
      "blocks.{l}.ln1.w": from("h.{l}.ln_1.weight"),
      "blocks.{l}.ln1.b": from("h.{l}.ln_1.bias"),
      "blocks.{l}.attn.W_Q": weight.columns(0, qkv),
      "blocks.{l}.attn.W_K": weight.columns(1, qkv),
      "blocks.{l}.attn.W_V": weight.columns(2, qkv),
      "blocks.{l}.attn.b_Q": bias.columns(0, qkv),
      "blocks.{l}.attn.b_K": bias.columns(1, qkv),
      "blocks.{l}.attn.b_V": bias.columns(2, qkv),
      "blocks.{l}.attn.W_O": from("h.{l}.attn.c_proj.weight"),
      "blocks.{l}.attn.b_O": from("h.{l}.attn.c_proj.bias"),
      "blocks.{l}.ln2.w": from("h.{l}.ln_2.weight"),
      "blocks.{l}.ln2.b": from("h.{l}.ln_2.bias"),
      "blocks.{l}.mlp.W_in": from("h.{l}.mlp.c_fc.weight"),
      "blocks.{l}.mlp.b_in": from("h.{l}.mlp.c_fc.bias"),
      "blocks.{l}.mlp.W_out": from("h.{l}.mlp.c_proj.weight"),
      "blocks.{l}.mlp.b_out": from("h.{l}.mlp.c_proj.bias"),
      "ln_final.w": from("ln_f.weight"),
      "ln_final.b": from("ln_f.bias"),
      "unembed.W_U": from("lm_head.weight").transposed(),
      "unembed.b_U": from("lm_head.bias").optional(),
    };
  },
};
