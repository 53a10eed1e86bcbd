/** @file How configurations of each family are read, and what is refused in them. */

import {
  Fields,
  families,
  familyOf,
  type ModelConfig,
  UnsupportedModelError,
} from "@diopter/model";
import { expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../test/golden";
import { tinyConfig } from "../helpers/tiny-hooked";

type Json = Record<string, unknown>;

/** The configuration of a checkpoint with these tensors. */
function read(
  config: Json,
  tensors: Readonly<Record<string, readonly number[]>> = {},
): ModelConfig {
  const family = familyOf(config);
  return family.config(new Fields(`${family.name}: config.json`, config), {
    shape: (name) => tensors[name],
    layers: () => 0,
  });
}

const gpt2: Json = {
  model_type: "gpt2",
  n_layer: 2,
  n_embd: 8,
  n_head: 2,
  n_positions: 16,
  vocab_size: 10,
};
const llama: Json = {
  model_type: "llama",
  num_hidden_layers: 2,
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 12,
  vocab_size: 10,
  max_position_embeddings: 16,
};
const bert: Json = { ...llama, model_type: "bert" };
const tl: Json = { ...tinyConfig };

test("each family knows its own", () => {
  const nano = { model: { model_type: "gpt-nano" } };
  const found = [gpt2, llama, bert, nano, tl].map((config) => familyOf(config).name);
  expect(found).toEqual(["gpt2", "llama", "bert", "mingpt", "hooked"]);
  const types = [
    ["gpt2", "gpt_neo", "gptj", "gpt_neox", "opt", "bloom"],
    ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text"],
    ["phi", "phi3", "stablelm", "olmo", "olmo2", "smollm3"],
    ["bert", "roberta", "xlm-roberta", "camembert", "distilbert"],
  ].flat();
  for (const model_type of types) {
    expect(families.filter(({ matches }) => matches({ model_type }))).toHaveLength(1);
  }
});

test("gpt2: defaults and switches", () => {
  expect(read(gpt2)).toMatchObject({
    dHead: 4,
    dMlp: 32,
    attnScale: 2,
    actFn: "gelu_new",
    eps: 1e-5,
    tiedEmbeddings: true,
    normalizationType: "LN",
    positionalEmbeddingType: "standard",
    attentionDir: "causal",
    defaultPrependBos: true,
  });
  expect(read({ ...gpt2, scale_attn_weights: false }).attnScale).toBe(1);
  expect(read({ ...gpt2, n_inner: 20 }).dMlp).toBe(20);
  expect(read({ ...gpt2, n_positions: undefined, n_ctx: 9 }).nCtx).toBe(9);
  expect(read(gpt2, { "lm_head.weight": [10, 8] }).tiedEmbeddings).toBe(false);
  expect(read({ ...gpt2, tie_word_embeddings: false }).tiedEmbeddings).toBe(false);
});

test("what a configuration lacks or gets wrong is named", () => {
  const message = (config: Json) => () => read(config);
  const { n_layer: _, ...rest } = gpt2;
  expect(message(rest)).toThrow(
    new RangeError("gpt2: config.json has no n_layer; expected a positive integer"),
  );
  expect(message({ ...gpt2, n_positions: undefined })).toThrow(
    new RangeError("gpt2: config.json has no n_positions or n_ctx; expected a positive integer"),
  );
  expect(message({ ...gpt2, n_layer: "2" })).toThrow(
    new TypeError('gpt2: config.json has n_layer "2"; expected a positive integer'),
  );
  expect(message({ ...gpt2, n_layer: Number.POSITIVE_INFINITY })).toThrow(TypeError);
  expect(message({ ...gpt2, n_head: 3 })).toThrow(
    new RangeError("gpt2: dModel 8 does not divide into 3 heads"),
  );
  expect(message({ ...llama, num_key_value_heads: 3 })).toThrow(
    new RangeError("llama: 2 heads do not divide into 3 key/value heads"),
  );
  expect(message({ ...gpt2, activation_function: "mish" })).toThrow(
    /^gpt2: config\.json has activation_function "mish"; supported: relu, gelu, gelu_new, /,
  );
  expect(message({ ...gpt2, scale_attn_by_inverse_layer_idx: true })).toThrow(
    new UnsupportedModelError(
      "gpt2: config.json has scale_attn_by_inverse_layer_idx true, which is not supported: scores are scaled alike in every layer",
    ),
  );
  expect(message({ ...llama, rope_scaling: [] })).toThrow(
    new TypeError("llama: config.json has rope_scaling []; expected an object"),
  );
});

test("llama: groups, tying and head size", () => {
  expect(read(llama)).toMatchObject({
    nKeyValueHeads: 2,
    dHead: 4,
    rotaryDim: 4,
    rotaryBase: 10000,
    normalizationType: "RMS",
    gatedMlp: true,
    actFn: "silu",
  });
  expect(read({ ...llama, head_dim: 6 })).toMatchObject({
    dHead: 6,
    rotaryDim: 6,
    attnScale: Math.sqrt(6),
  });
  expect(read({ ...llama, num_key_value_heads: 1 }).nKeyValueHeads).toBe(1);
});

test("llama: rotary scaling in its old, new and newest spelling", () => {
  const scaling = (rope: Json) => read({ ...llama, rope_scaling: rope }).rotaryScaling;
  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
  };
  const expected = {
    type: "llama3",
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalContext: 32,
  };
  expect(scaling({ type: "linear", factor: 2 })).toEqual({ type: "linear", factor: 2 });
  expect(scaling({ rope_type: "llama3", ...llama3 })).toEqual(expected);
  expect(scaling({ rope_type: "default" })).toBeUndefined();
  const newest = read({
    ...llama,
    rope_parameters: { rope_type: "llama3", rope_theta: 500, ...llama3 },
  });
  expect(newest).toMatchObject({ rotaryBase: 500, rotaryScaling: expected });
  expect(() => scaling({ rope_type: "yarn", factor: 2 })).toThrow(
    new UnsupportedModelError(
      'llama: config.json rope_scaling has rope_type "yarn"; supported: default, linear, llama3, longrope, su',
    ),
  );
  expect(() => scaling({ type: "linear" })).toThrow(
    'llama: config.json rope_scaling: "linear" needs a positive factor, got null',
  );
});

test("bert: norms after the sums, both directions, a head for masked words", () => {
  expect(read(bert)).toMatchObject({
    normPlacement: "post",
    finalNorm: false,
    postEmbeddingNorm: true,
    mlmHead: true,
    tokenTypes: 2,
    attentionDir: "bidirectional",
    tiedEmbeddings: true,
    actFn: "gelu",
    eps: 1e-12,
    // Meaning that text is framed by the tokenizer's template, [CLS] and [SEP], as TransformerLens does.
    defaultPrependBos: true,
  });
  expect(() => read({ ...bert, position_embedding_type: "relative_key" })).toThrow(
    'bert: config.json has position_embedding_type "relative_key"; supported: absolute',
  );
});

test("mingpt: a named size or three numbers, the rest from the tensors", () => {
  const tensors = { "wte.weight": [10, 48], "wpe.weight": [6, 48] };
  expect(read({ model: { model_type: "gpt-nano" } }, tensors)).toMatchObject({
    nLayers: 3,
    nHeads: 3,
    dModel: 48,
    dVocab: 10,
    nCtx: 6,
  });
  const own = { model_type: null, n_layer: 1, n_head: 2, n_embd: 4, vocab_size: 5, block_size: 7 };
  expect(read({ model: own })).toMatchObject({ nLayers: 1, dModel: 4, dVocab: 5, nCtx: 7 });
  expect(() => read({ model: { model_type: "gpt-nano" } })).toThrow(
    'mingpt: config.json leaves a size open that tensor "wte.weight" should give, but there is none',
  );
});

test("hooked: every switch of TransformerLens that the transformer has", () => {
  expect(read(tl)).toMatchObject({
    dHead: 3,
    attnScale: Math.sqrt(3),
    dVocabOut: 7,
    actFn: "gelu_new",
  });
  expect(read({ ...tl, normalization_type: null })).toMatchObject({
    normalizationType: "none",
    finalNorm: false,
  });
  expect(read({ ...tl, normalization_type: "LNPre" })).toMatchObject({
    normalizationType: "LNPre",
    finalNorm: true,
  });
  expect(read({ ...tl, attn_only: true, act_fn: null, d_mlp: null })).toMatchObject({
    attnOnly: true,
    dMlp: 0,
  });
  expect(read({ ...tl, use_attn_scale: false }).attnScale).toBe(1);
  expect(read({ ...tl, attn_scale: 8 }).attnScale).toBe(8);
  expect(read({ ...tl, attn_scale: -1 }).attnScale).toBe(Math.sqrt(3));
  expect(read({ ...tl, d_vocab_out: 4, attention_dir: "bidirectional" })).toMatchObject({
    dVocabOut: 4,
    attentionDir: "bidirectional",
  });
  expect(read({ ...tl, d_vocab_out: -1 }).dVocabOut).toBe(7);
  expect(read({ ...tl, n_heads: -1, d_model: 6 }).nHeads).toBe(2);
  expect(read({ ...tl, output_logits_soft_cap: -1 }).outputLogitsSoftCap).toBeUndefined();
  expect(read({ ...tl, output_logits_soft_cap: 30 }).outputLogitsSoftCap).toBe(30);
  expect(
    read({ ...tl, use_local_attn: true, window_size: 4, attn_types: ["global", "local"] }),
  ).toMatchObject({
    windowSize: 4,
    attnTypes: ["global", "local"],
  });
  expect(() => read({ ...tl, use_local_attn: true, window_size: 4, attn_types: "local" })).toThrow(
    UnsupportedModelError,
  );
  expect(() => read({ ...tl, num_experts: 8 })).toThrow(UnsupportedModelError);
  expect(() => read({ ...tl, positional_embedding_type: "shortformer" })).toThrow(
    'hooked: config.json has positional_embedding_type "shortformer"; supported: standard, rotary, alibi, none',
  );
});

test("the reference configurations are read as their makers meant", () => {
  const scaled = read(readJson(goldenPath("hf/llama3_rope/config.json")));
  // 2 heads of 16 in a stream of 24, one of them for keys and values.
  expect(scaled).toMatchObject({ dModel: 24, dHead: 16, nKeyValueHeads: 1, rotaryBase: 500 });
  expect(scaled.rotaryScaling).toMatchObject({ type: "llama3", originalContext: 32 });
});
