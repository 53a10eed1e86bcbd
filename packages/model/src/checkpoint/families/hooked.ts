/** @file Weights under TransformerLens's state-dict names, with its configuration in snake case. */

import { quoted } from "@diopter/graph";
import { UnsupportedModelError } from "../../config/errors";
import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import type { Fields } from "./fields";
import { from } from "./recipe";

export const hooked: Family = {
  name: "hooked",
  accepts: "TransformerLens's n_layers and d_model",
  matches: (config) => "n_layers" in config && "d_model" in config,
  prefixes: [""],
  ignored: [/\.attn\.(mask|IGNORE|rotary_sin|rotary_cos|alibi)$/],
  config: (tl, tensors) => {
    refuseUnknown(tl);
    const attnOnly = tl.boolean("attn_only", false);
    // No field means "LN", null means no norms.
    const normalizationType = tl.choice(
      "normalization_type",
      ["LN", "LNPre", "RMS", "RMSPre"],
      tl.says("normalization_type") ? "none" : "LN",
    );
    if (normalizationType.startsWith("LN"))
      tl.refuse("final_rms", "the last norm is of the kind of the others");
    const dVocab = tl.size("d_vocab");
    return completeConfig({
      family: "hooked",
      nLayers: tl.layers("n_layers"),
      dModel: tl.size("d_model"),
      nHeads: heads(tl),
      nKeyValueHeads: tl.sizeOr(undefined, "n_key_value_heads"),
      dHead: tl.sizeOr(undefined, "d_head"),
      dMlp: attnOnly ? 0 : tl.sizeOr(undefined, "d_mlp"),
      dVocab,
      dVocabOut: positive(tl, "d_vocab_out") ?? dVocab,
      nCtx: tl.size("n_ctx"),
      actFn: attnOnly ? "relu" : tl.activation("act_fn", "relu"),
      attnOnly,
      gatedMlp: tl.boolean("gated_mlp", false),
      normalizationType,
      eps: tl.nonNegative("eps", 1e-5),
      normPlacement: tl.boolean("use_normalization_before_and_after", false) ? "both" : "pre",
      parallelAttnMlp: tl.boolean("parallel_attn_mlp", false),
      positionalEmbeddingType: tl.choice(
        "positional_embedding_type",
        ["standard", "rotary", "alibi", "none"],
        "standard",
      ),
      attentionDir: tl.choice("attention_dir", ["causal", "bidirectional"], "causal"),
      attnScale: tl.boolean("use_attn_scale", true) ? positive(tl, "attn_scale") : 1,
      rotaryDim: tl.sizeOr(undefined, "rotary_dim"),
      rotaryBase: tl.positive("rotary_base", undefined),
      rotaryAdjacentPairs: tl.boolean("rotary_adjacent_pairs", undefined),
      qkNorm: tl.boolean("use_qk_norm", false) ? { type: "RMS", over: "head" } : undefined,
      ...windows(tl),
      attnScoresSoftCap: positive(tl, "attn_scores_soft_cap"),
      outputLogitsSoftCap: positive(tl, "output_logits_soft_cap"),
      postEmbeddingNorm: tl.boolean("post_embedding_ln", false),
      tiedEmbeddings:
        tl.boolean("tie_word_embeddings", false) && tensors.shape("unembed.W_U") === undefined,
      defaultPrependBos: tl.boolean("default_prepend_bos", true),
      initializerRange: positive(tl, "initializer_range"),
    });
  },
  weights: ({ nHeads, nKeyValueHeads, dModel, dVocabOut }) => ({
    "embed.W_E": from("embed.W_E"),
    "embed.ln.w": from("embed.ln.w"),
    "embed.ln.b": from("embed.ln.b").optional(),
    "pos_embed.W_pos": from("pos_embed.W_pos"),
    ...each(["ln1", "ln2", "ln1_post", "ln2_post"], (ln) => ({
      [`blocks.{l}.${ln}.w`]: from(`blocks.{l}.${ln}.w`),
      [`blocks.{l}.${ln}.b`]: from(`blocks.{l}.${ln}.b`).optional(),
    })),
    "blocks.{l}.attn.W_Q": from("blocks.{l}.attn.W_Q").headColumns(nHeads),
    "blocks.{l}.attn.b_Q": from("blocks.{l}.attn.b_Q").headRows(nHeads).optional(),
    // TransformerLens keeps grouped keys and values under a leading underscore.
    ...each(["K", "V"], (x) => ({
      [`blocks.{l}.attn.W_${x}`]: from(`blocks.{l}.attn.W_${x}`)
        .or(`blocks.{l}.attn._W_${x}`)
        .headColumns(nKeyValueHeads),
      [`blocks.{l}.attn.b_${x}`]: from(`blocks.{l}.attn.b_${x}`)
        .or(`blocks.{l}.attn._b_${x}`)
        .headRows(nKeyValueHeads)
        .optional(),
    })),
    "blocks.{l}.attn.W_O": from("blocks.{l}.attn.W_O").headRows(nHeads),
    "blocks.{l}.attn.b_O": from("blocks.{l}.attn.b_O").optional(),
    "blocks.{l}.attn.q_norm.w": from("blocks.{l}.attn.q_norm.w"),
    "blocks.{l}.attn.k_norm.w": from("blocks.{l}.attn.k_norm.w"),
    ...each(["in", "gate", "out"], (x) => ({
      [`blocks.{l}.mlp.W_${x}`]: from(`blocks.{l}.mlp.W_${x}`),
      [`blocks.{l}.mlp.b_${x}`]: from(`blocks.{l}.mlp.b_${x}`).optional(),
    })),
    "ln_final.w": from("ln_final.w"),
    "ln_final.b": from("ln_final.b").optional(),
    "unembed.W_U": dVocabOut === dModel ? from("unembed.W_U").orIdentity() : from("unembed.W_U"),
    "unembed.b_U": from("unembed.b_U").optional(),
  }),
};

/** TransformerLens writes -1 for "none" and for "work it out". */
function positive(tl: Fields, name: string): number | undefined {
  const value = tl.number(name, undefined);
  return value !== undefined && value > 0 ? value : undefined;
}

function heads(tl: Fields): number {
  const written = positive(tl, "n_heads");
  if (written !== undefined) return tl.size("n_heads");
  return tl.size("d_model") / tl.size("d_head");
}

function windows(tl: Fields) {
  if (!tl.boolean("use_local_attn", false)) return {};
  const types = tl.value("attn_types");
  const windowSize = tl.size("window_size");
  if (!Array.isArray(types) || !types.every((type) => type === "local" || type === "global")) {
    throw new UnsupportedModelError(
      `hooked: config.json has attn_types ${quoted(types)}; expected a list of "local" and "global", which use_local_attn needs`,
    );
  }
  return { windowSize, attnTypes: types as readonly ("global" | "local")[] };
}

function refuseUnknown(tl: Fields): void {
  tl.refuse("scale_attn_by_inverse_layer_idx", "scores are scaled alike in every layer");
  tl.refuse("num_experts", "mixtures of experts are not described");
  tl.refuse("use_NTK_by_parts_rope", "rotary frequencies are not stretched in this family");
  tl.refuse("use_yarn_rope", "rotary frequencies are not stretched in this family");
}

function each<T>(names: readonly string[], make: (name: string) => Record<string, T>) {
  return Object.assign({}, ...names.map(make)) as Record<string, T>;
}
