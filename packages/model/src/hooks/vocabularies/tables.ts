/** @file What other libraries call TransformerLens's hooks, and where the same name would mean another tensor. */

import type { ModelConfig } from "../../config/config";
import { normsOutputs } from "../../weights/weight-shapes";

/** One tensor under two names; `{l}` stands for the layer. */
export interface Entry {
  /** TransformerLens's name. */
  readonly hook: string;
  readonly name: string;
  /** Why the names mean different tensors in a model, where they do. */
  readonly differs?: (config: ModelConfig) => string | undefined;
}

const normedLater = (config: ModelConfig) =>
  normsOutputs(config)
    ? "it is the module's own output, and this model norms that on its way into the stream"
    : undefined;
const scaled = ({ embeddingScale }: ModelConfig) =>
  embeddingScale === undefined
    ? undefined
    : "whether its embeddings are scaled inside the module depends on the version of transformers";
const capped = ({ outputLogitsSoftCap, logitScale }: ModelConfig) =>
  outputLogitsSoftCap === undefined && logitScale === undefined
    ? undefined
    : "it is what the matrix gives, and this model scales or caps that";
const notNormed = ({ qkNorm }: ModelConfig) =>
  qkNorm ? undefined : "this model does not norm queries and keys";
const encoder = ({ normPlacement }: ModelConfig) =>
  normPlacement === "post" ? "a block's output is normed, the hook is before that norm" : undefined;
/** BLOOM's attention and MLP modules add the stream themselves. */
const wholeModule = (config: ModelConfig) =>
  config.family === "bloom"
    ? "this family's modules add the stream themselves"
    : normedLater(config);

/** TransformerBridge's own names (TransformerLens 3). */
export const bridge: readonly Entry[] = [
  { hook: "hook_embed", name: "embed.hook_out", differs: scaled },
  { hook: "blocks.{l}.hook_resid_pre", name: "blocks.{l}.hook_in" },
  { hook: "blocks.{l}.hook_resid_post", name: "blocks.{l}.hook_out", differs: encoder },
  { hook: "blocks.{l}.attn.hook_q", name: "blocks.{l}.attn.q.hook_out" },
  { hook: "blocks.{l}.attn.hook_k", name: "blocks.{l}.attn.k.hook_out" },
  { hook: "blocks.{l}.attn.hook_v", name: "blocks.{l}.attn.v.hook_out" },
  { hook: "blocks.{l}.attn.hook_attn_scores", name: "blocks.{l}.attn.hook_attn_scores" },
  { hook: "blocks.{l}.attn.hook_pattern", name: "blocks.{l}.attn.hook_pattern" },
  { hook: "blocks.{l}.attn.hook_z", name: "blocks.{l}.attn.o.hook_in" },
  { hook: "blocks.{l}.hook_attn_out", name: "blocks.{l}.attn.hook_out", differs: wholeModule },
  { hook: "blocks.{l}.mlp.hook_pre", name: "blocks.{l}.mlp.hook_pre" },
  { hook: "blocks.{l}.hook_mlp_out", name: "blocks.{l}.mlp.hook_out", differs: wholeModule },
  { hook: "unembed.hook_in", name: "unembed.hook_in" },
  { hook: "unembed.hook_out", name: "unembed.hook_out", differs: capped },
];

/** nnterp's accessors over nnsight. */
export const nnterp: readonly Entry[] = [
  { hook: "hook_embed", name: "token_embeddings", differs: scaled },
  { hook: "blocks.{l}.hook_resid_pre", name: "layers_input[{l}]" },
  { hook: "blocks.{l}.attn.hook_pattern", name: "attention_probabilities[{l}]" },
  { hook: "blocks.{l}.hook_attn_out", name: "attentions_output[{l}]", differs: wholeModule },
  { hook: "blocks.{l}.hook_mlp_out", name: "mlps_output[{l}]", differs: wholeModule },
  { hook: "blocks.{l}.hook_resid_post", name: "layers_output[{l}]", differs: encoder },
  { hook: "unembed.hook_in", name: "ln_final.output", differs: encoder },
  { hook: "unembed.hook_out", name: "logits" },
];

/** interp-engine's canonical points. */
export const interpEngine: readonly Entry[] = [
  { hook: "hook_embed", name: "embeddings", differs: scaled },
  { hook: "blocks.{l}.hook_resid_pre", name: "resid_pre.{l}" },
  { hook: "blocks.{l}.attn.hook_q", name: "q_norm_in.{l}", differs: notNormed },
  { hook: "blocks.{l}.attn.hook_k", name: "k_norm_in.{l}", differs: notNormed },
  { hook: "blocks.{l}.attn.hook_v", name: "value.{l}" },
  { hook: "blocks.{l}.attn.hook_attn_scores", name: "attn_scores.{l}" },
  { hook: "blocks.{l}.attn.hook_pattern", name: "attn_probs.{l}" },
  { hook: "blocks.{l}.attn.hook_z", name: "z.{l}" },
  { hook: "blocks.{l}.hook_attn_out", name: "attn_out_post.{l}" },
  { hook: "blocks.{l}.hook_attn_out", name: "attn_out.{l}", differs: normedLater },
  { hook: "blocks.{l}.hook_resid_mid", name: "resid_mid.{l}" },
  { hook: "blocks.{l}.mlp.hook_pre", name: "mlp_pre.{l}" },
  { hook: "blocks.{l}.mlp.hook_pre_linear", name: "mlp_pre_linear.{l}" },
  { hook: "blocks.{l}.mlp.hook_post", name: "mlp_act.{l}" },
  { hook: "blocks.{l}.hook_mlp_out", name: "mlp_out_post.{l}" },
  { hook: "blocks.{l}.hook_mlp_out", name: "mlp_out.{l}", differs: normedLater },
  { hook: "blocks.{l}.hook_resid_post", name: "resid_post.{l}", differs: encoder },
  { hook: "unembed.hook_in", name: "final_norm", differs: encoder },
  { hook: "unembed.hook_out", name: "lm_head", differs: capped },
];

/** Names that the tables leave out on purpose. */
export const reasons: Readonly<Record<string, string>> = {
  "attn_in.{l}": "it is after the norm's gain, ln1.hook_normalized before it",
  "mlp_in.{l}": "it is after the norm's gain, ln2.hook_normalized before it",
  "attentions_input[{l}]": "it is after the norm's gain, ln1.hook_normalized before it",
  "mlps_input[{l}]": "it is after the norm's gain, ln2.hook_normalized before it",
  "blocks.{l}.mlp.hook_in": "it is after the norm's gain, ln2.hook_normalized before it",
  "blocks.{l}.ln1.hook_out": "it is after the norm's gain, ln1.hook_normalized before it",
  "blocks.{l}.ln2.hook_out": "it is after the norm's gain, ln2.hook_normalized before it",
  "q_norm_out.{l}": "nothing is hooked between the norm of queries and their rotation",
  "k_norm_out.{l}": "nothing is hooked between the norm of keys and their rotation",
};
