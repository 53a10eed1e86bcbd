/** @file What the descendants of Llama share: field names and tensor names, for their descriptions to change and add to. */

import type { ConfigChoices } from "./complete-config";
import type { TensorNames } from "./family";
import type { Fields } from "./fields";
import { maybeBiased } from "./layers";
import { from, type Recipe } from "./recipe";
import { headSize, type RopeDefaults, rope } from "./rope";

/** What the library's configuration class says where the file does not. */
export interface LlamaDefaults extends RopeDefaults {
  /** Width of a head; that of the stream over the number of heads where the class leaves it open. */
  readonly dHead?: number;
  /** Whether the class ties the unembedding to the embedding. */
  readonly tied?: boolean;
}

/** The choices of a Llama that calls itself `family`. */
export function llamaChoices(
  family: string,
  hf: Fields,
  tensors: TensorNames,
  defaults: LlamaDefaults = {},
): ConfigChoices {
  const dHead = headSize(hf, defaults.dHead);
  return {
    family,
    nLayers: hf.layers("num_hidden_layers"),
    dModel: hf.size("hidden_size"),
    nHeads: hf.size("num_attention_heads"),
    nKeyValueHeads: hf.sizeOr(undefined, "num_key_value_heads"),
    dHead,
    dMlp: hf.size("intermediate_size"),
    dVocab: hf.size("vocab_size"),
    nCtx: hf.size("max_position_embeddings"),
    normalizationType: "RMS",
    eps: hf.nonNegative("rms_norm_eps", 1e-6),
    actFn: hf.activation("hidden_act", "silu"),
    gatedMlp: true,
    ...rope(hf, dHead, defaults),
    // A head in the file is used even where the class would tie.
    tiedEmbeddings: hf.boolean(
      "tie_word_embeddings",
      defaults.tied === true && !tensors.shape("lm_head.weight"),
    ),
    initializerRange: hf.number("initializer_range", undefined),
  };
}

/** Where a Llama keeps its tensors. */
export const llamaNames = {
  prefixes: ["model.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/(^|\.)rotary_emb\.inv_freq$/],
} as const;

/** The recipes of a Llama; every bias is optional. */
export function llamaWeights(): Record<string, Recipe> {
  return {
    "embed.W_E": from("embed_tokens.weight"),
    "blocks.{l}.ln1.w": from("layers.{l}.input_layernorm.weight"),
    ...maybeBiased("blocks.{l}.attn", "Q", "layers.{l}.self_attn.q_proj"),
    ...maybeBiased("blocks.{l}.attn", "K", "layers.{l}.self_attn.k_proj"),
    ...maybeBiased("blocks.{l}.attn", "V", "layers.{l}.self_attn.v_proj"),
    ...maybeBiased("blocks.{l}.attn", "O", "layers.{l}.self_attn.o_proj"),
    "blocks.{l}.ln2.w": from("layers.{l}.post_attention_layernorm.weight"),
    ...maybeBiased("blocks.{l}.mlp", "in", "layers.{l}.mlp.up_proj"),
    ...maybeBiased("blocks.{l}.mlp", "gate", "layers.{l}.mlp.gate_proj"),
    ...maybeBiased("blocks.{l}.mlp", "out", "layers.{l}.mlp.down_proj"),
    "ln_final.w": from("norm.weight"),
    "unembed.W_U": from("lm_head.weight").transposed(),
  };
}
