/** @file minGPT (Karpathy): GPT-2 with matrices `[out, in]`, an untied head, and sizes behind names such as `gpt-nano`. */

import { UnsupportedModelError } from "../../config/errors";
import { completeConfig } from "./complete-config";
import type { Family, TensorNames } from "./family";
import type { Fields } from "./fields";
import { from } from "./recipe";

/** Layers, heads and dimensions of the named sizes. */
const sizes: ReadonlyMap<string, readonly [nLayers: number, nHeads: number, dModel: number]> =
  new Map([
    ["openai-gpt", [12, 12, 768]],
    ["gpt2", [12, 12, 768]],
    ["gpt2-medium", [24, 16, 1024]],
    ["gpt2-large", [36, 20, 1280]],
    ["gpt2-xl", [48, 25, 1600]],
    ["gopher-44m", [8, 16, 512]],
    ["gpt-mini", [6, 6, 192]],
    ["gpt-micro", [4, 4, 128]],
    ["gpt-nano", [3, 3, 48]],
  ]);

export const mingpt: Family = {
  name: "mingpt",
  accepts:
    'model_type "gpt-nano", "gpt-micro" or "gpt-mini", or "model" holding minGPT\'s settings',
  matches: (config) => {
    const { model } = config;
    if (typeof model === "object" && model !== null) return "model_type" in model;
    return ["gpt-nano", "gpt-micro", "gpt-mini"].includes(String(config.model_type));
  },
  prefixes: ["transformer.", ""],
  unprefixed: /^lm_head\./,
  ignored: [/^h\.\d+\.attn\.bias$/],
  config: (fields, tensors) => {
    const settings = fields.object("model") ?? fields;
    const [nLayers, nHeads, dModel] = sizeOf(settings);
    const [dVocab, nCtx] = [
      settings.sizeOr(undefined, "vocab_size") ?? rows(tensors, "wte.weight"),
      settings.sizeOr(undefined, "block_size") ?? rows(tensors, "wpe.weight"),
    ];
    return completeConfig({
      family: "mingpt",
      nLayers,
      nHeads,
      dModel,
      dVocab,
      nCtx,
      normalizationType: "LN",
      actFn: "gelu_new",
      initializerRange: 0.02,
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
      "blocks.{l}.attn.W_Q": weight.rows(0, qkv).transposed(),
      "blocks.{l}.attn.W_K": weight.rows(1, qkv).transposed(),
      "blocks.{l}.attn.W_V": weight.rows(2, qkv).transposed(),
      "blocks.{l}.attn.b_Q": bias.rows(0, qkv),
      "blocks.{l}.attn.b_K": bias.rows(1, qkv),
      "blocks.{l}.attn.b_V": bias.rows(2, qkv),
      "blocks.{l}.attn.W_O": from("h.{l}.attn.c_proj.weight").transposed(),
      "blocks.{l}.attn.b_O": from("h.{l}.attn.c_proj.bias"),
      "blocks.{l}.ln2.w": from("h.{l}.ln_2.weight"),
      "blocks.{l}.ln2.b": from("h.{l}.ln_2.bias"),
      "blocks.{l}.mlp.W_in": from("h.{l}.mlp.c_fc.weight").transposed(),
      "blocks.{l}.mlp.b_in": from("h.{l}.mlp.c_fc.bias"),
      "blocks.{l}.mlp.W_out": from("h.{l}.mlp.c_proj.weight").transposed(),
      "blocks.{l}.mlp.b_out": from("h.{l}.mlp.c_proj.bias"),
      "ln_final.w": from("ln_f.weight"),
      "ln_final.b": from("ln_f.bias"),
      "unembed.W_U": from("lm_head.weight").transposed(),
    };
  },
};

/** minGPT's config holds either a named size or the three numbers, never both. */
function sizeOf(settings: Fields): readonly [number, number, number] {
  if (settings.has("n_layer")) {
    return [settings.size("n_layer"), settings.size("n_head"), settings.size("n_embd")];
  }
  const name = settings.choice("model_type", [...sizes.keys()], undefined);
  const size = name === undefined ? undefined : sizes.get(name);
  if (!size)
    throw new UnsupportedModelError("mingpt: config.json has neither n_layer nor model_type");
  return size;
}

function rows(tensors: TensorNames, name: string): number {
  const size = tensors.shape(name)?.[0];
  if (size === undefined) {
    throw new RangeError(
      `mingpt: config.json leaves a size open that tensor "${name}" should give, but there is none`,
    );
  }
  return size;
}
