/** @file GPT-Neo (Black et al. 2021): GPT-2 with unscaled scores and a window in every other layer. */

import { quoted } from "@diopter/graph";
import { UnsupportedModelError } from "../../config/errors";
import { completeConfig } from "./complete-config";
import type { Family } from "./family";
import type { Fields } from "./fields";
import { linear, norm } from "./layers";
import { from } from "./recipe";

export const gptNeo: Family = {
  name: "gpt_neo",
  accepts: 'model_type "gpt_neo"',
  matches: (config) => config.model_type === "gpt_neo",
  prefixes: ["transformer.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/^h\.\d+\.attn\.attention\.(bias|masked_bias)$/],
  config: (hf, tensors) =>
    completeConfig({
      family: "gpt_neo",
      nLayers: hf.layers("num_layers"),
      dModel: hf.size("hidden_size"),
      nHeads: hf.size("num_heads"),
      dMlp: hf.sizeOr(undefined, "intermediate_size"),
      dVocab: hf.size("vocab_size"),
      nCtx: hf.size("max_position_embeddings"),
      normalizationType: "LN",
      eps: hf.nonNegative("layer_norm_epsilon", 1e-5),
      actFn: hf.activation("activation_function", "gelu_new"),
      attnScale: 1,
      windowSize: hf.sizeOr(256, "window_size"),
      attnTypes: attnTypes(hf),
      tiedEmbeddings: hf.boolean("tie_word_embeddings", !tensors.shape("lm_head.weight")),
      initializerRange: hf.number("initializer_range", undefined),
    }),
  weights: () => ({
    "embed.W_E": from("wte.weight"),
    "pos_embed.W_pos": from("wpe.weight"),
    ...norm("blocks.{l}.ln1", "h.{l}.ln_1"),
    "blocks.{l}.attn.W_Q": from("h.{l}.attn.attention.q_proj.weight").transposed(),
    "blocks.{l}.attn.W_K": from("h.{l}.attn.attention.k_proj.weight").transposed(),
    "blocks.{l}.attn.W_V": from("h.{l}.attn.attention.v_proj.weight").transposed(),
    ...linear("blocks.{l}.attn", "O", "h.{l}.attn.attention.out_proj"),
    ...norm("blocks.{l}.ln2", "h.{l}.ln_2"),
    ...linear("blocks.{l}.mlp", "in", "h.{l}.mlp.c_fc"),
    ...linear("blocks.{l}.mlp", "out", "h.{l}.mlp.c_proj"),
    ...norm("ln_final", "ln_f"),
    "unembed.W_U": from("lm_head.weight").transposed(),
  }),
};

/** One kind per layer, or `[[kinds, times], ...]` to be written out. */
function attnTypes(hf: Fields): readonly ("global" | "local")[] {
  const nLayers = hf.layers("num_layers");
  const listed = hf.choices("attention_layers", ["global", "local"], nLayers);
  if (listed) return listed;
  const pairs = (hf.value("attention_types") ?? [[["global", "local"], nLayers / 2]]) as unknown;
  const kinds: unknown[] = [];
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [once, times] = isRepeated(pair) ? pair : [[pair], 1];
    // No further than one layer too many, whatever the file multiplies.
    for (let i = 0; i < times && once.length > 0 && kinds.length <= nLayers; i++)
      kinds.push(...once.slice(0, nLayers + 1));
  }
  const known = kinds.filter((kind) => kind === "global" || kind === "local");
  if (kinds.length === nLayers && known.length === nLayers) return known;
  throw new UnsupportedModelError(
    `${hf.subject} has attention_types ${quoted(pairs)}; expected "global" or "local" for each of ${nLayers} layers`,
  );
}

function isRepeated(pair: unknown): pair is [unknown[], number] {
  return Array.isArray(pair) && Array.isArray(pair[0]) && Number.isInteger(pair[1]) && pair[1] >= 0;
}
