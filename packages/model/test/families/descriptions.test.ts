/** @file What each description makes of a configuration beyond what the goldens show: defaults, old spellings, refusals. */

import { Fields, familyOf, type ModelConfig, UnsupportedModelError } from "@diopter/model";
import { expect, test } from "vitest";

type Json = Record<string, unknown>;

function read(config: Json, tensors: Json = {}): ModelConfig {
  const family = familyOf(config);
  return family.config(new Fields(`${family.name}: config.json`, config), {
    shape: (name) => tensors[name] as number[] | undefined,
    layers: () => 0,
  });
}

/** Four layers, two heads of 4, ten words. */
const sizes: Json = {
  num_hidden_layers: 4,
  hidden_size: 8,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  intermediate_size: 12,
  vocab_size: 10,
  max_position_embeddings: 64,
};
const of = (model_type: string, more: Json = {}): Json => ({ ...sizes, model_type, ...more });

test("mistral: a window of 4096 unless the file says otherwise, none when it says null", () => {
  expect(read(of("mistral"))).toMatchObject({
    windowSize: 4096,
    attnTypes: ["local", "local", "local", "local"],
  });
  expect(read(of("mistral", { sliding_window: 5 })).windowSize).toBe(5);
  expect(read(of("mistral", { sliding_window: null })).windowSize).toBeUndefined();
});

test("qwen2 and qwen3: windows only when asked for, in the layers after the first few", () => {
  const windowed = { use_sliding_window: true, sliding_window: 3, max_window_layers: 2 };
  for (const type of ["qwen2", "qwen3"]) {
    expect(read(of(type, { sliding_window: 3 })).windowSize).toBeUndefined();
    expect(read(of(type, windowed))).toMatchObject({
      windowSize: 3,
      attnTypes: ["global", "global", "local", "local"],
      defaultPrependBos: false,
    });
  }
});

test("layer_types says which layers are local, and must say it of every layer", () => {
  const kinds = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"];
  expect(read(of("gemma2", { layer_types: kinds })).attnTypes).toEqual([
    "local",
    "global",
    "global",
    "local",
  ]);
  expect(() => read(of("gemma2", { layer_types: kinds.slice(1) }))).toThrow(
    new TypeError(
      'gemma2: config.json has layer_types ["full_attention","full_attention","sliding_attention"]; expected a list of 4',
    ),
  );
  expect(() => read(of("gemma2", { layer_types: kinds.with(0, "chunked_attention") }))).toThrow(
    /^gemma2: config\.json has layer_types .*; supported: full_attention, sliding_attention$/,
  );
});

test("gemma: tanh GELU whatever hidden_act says, gains of 1 + w, embeddings times sqrt(8)", () => {
  expect(read(of("gemma", { hidden_act: "gelu", head_dim: 6 }))).toMatchObject({
    actFn: "gelu_new",
    gainPlusOne: true,
    embeddingScale: Math.sqrt(8),
    attnScale: Math.sqrt(6),
    tiedEmbeddings: true,
  });
});

test("gemma2: caps of 50 and 30 and a window in even layers unless the file says otherwise", () => {
  expect(read(of("gemma2", { query_pre_attn_scalar: 9 }))).toMatchObject({
    attnScoresSoftCap: 50,
    outputLogitsSoftCap: 30,
    attnScale: 3,
    normPlacement: "both",
    windowSize: 4096,
    attnTypes: ["local", "global", "local", "global"],
  });
  const uncapped = read(of("gemma2", { attn_logit_softcapping: null }));
  expect(uncapped.attnScoresSoftCap).toBeUndefined();
});

test("gemma3: two rotary bases in the spelling of transformers 4 and of transformers 5", () => {
  const old = read(
    of("gemma3_text", {
      sliding_window_pattern: 2,
      rope_theta: 500,
      rope_local_base_freq: 50,
      rope_scaling: { rope_type: "linear", factor: 8 },
    }),
  );
  expect(old).toMatchObject({
    rotaryBase: 500,
    rotaryBaseLocal: 50,
    rotaryScaling: { type: "linear", factor: 8 },
    attnTypes: ["local", "global", "local", "global"],
    qkNorm: { type: "RMS", over: "head" },
  });
  const recent = read(
    of("gemma3_text", {
      sliding_window_pattern: 2,
      rope_parameters: {
        full_attention: { rope_type: "linear", factor: 8, rope_theta: 500 },
        sliding_attention: { rope_type: "default", rope_theta: 50 },
      },
    }),
  );
  expect(recent).toEqual(old);
  expect(() => read(of("gemma3_text", { use_bidirectional_attention: true }))).toThrow(
    UnsupportedModelError,
  );
});

test("phi3: a stretch for each frequency, and larger waves for the longer context", () => {
  const rope_scaling = { type: "longrope", short_factor: [1, 2], long_factor: [3, 4] };
  const long = of("phi3", { original_max_position_embeddings: 16, rope_scaling });
  // 64 is 4 times 16; sqrt(1 + ln 4 / ln 16) = sqrt(1.5).
  expect(read(long).rotaryScaling).toEqual({
    type: "longrope",
    shortFactor: [1, 2],
    longFactor: [3, 4],
    originalContext: 16,
    attentionFactor: Math.sqrt(1.5),
  });
  expect(read({ ...long, max_position_embeddings: 16 }).rotaryScaling).toMatchObject({
    attentionFactor: 1,
  });
  expect(() => read({ ...long, rope_scaling: { ...rope_scaling, long_factor: [3] } })).toThrow(
    new TypeError(
      "phi3: config.json rope_scaling has long_factor [3]; expected a list of 2 numbers",
    ),
  );
  expect(() => read({ ...long, rope_scaling: { type: "longrope", long_factor: [3, 4] } })).toThrow(
    new UnsupportedModelError(
      'phi3: config.json rope_scaling: "longrope" needs a list short_factor',
    ),
  );
});

test("a part of each head is rotated, an even number of components", () => {
  expect(read(of("phi")).rotaryDim).toBe(2);
  expect(read(of("stablelm", { partial_rotary_factor: 0.5 })).rotaryDim).toBe(2);
  expect(read(of("gpt_neox", { rotary_pct: 1 })).rotaryDim).toBe(4);
  expect(() => read(of("stablelm"))).toThrow(
    new RangeError(
      "stablelm: cannot rotate 1 of 4 components of a head; expected an even number, at most 4",
    ),
  );
});

test("gpt_neox: side by side unless use_parallel_residual is false", () => {
  expect(read(of("gpt_neox", { rotary_pct: 0.5 }))).toMatchObject({
    parallelAttnMlp: true,
    sharedNorm: false,
    defaultPrependBos: false,
  });
  const sequential = of("gpt_neox", { rotary_pct: 0.5, use_parallel_residual: false });
  expect(read(sequential).parallelAttnMlp).toBe(false);
});

test("gptj: 64 rotated components unless the file says otherwise, one norm for two readers", () => {
  const gptj = {
    model_type: "gptj",
    n_layer: 2,
    n_embd: 512,
    n_head: 4,
    n_positions: 16,
    vocab_size: 10,
  };
  expect(read(gptj)).toMatchObject({ rotaryDim: 64, rotaryAdjacentPairs: true, sharedNorm: true });
  expect(() => read({ ...gptj, rotary_dim: 256 })).toThrow(
    "gptj: cannot rotate 256 of 128 components of a head",
  );
});

test("gpt_neo: kinds of layers one by one, or repeated", () => {
  const neo = {
    model_type: "gpt_neo",
    num_layers: 4,
    num_heads: 2,
    hidden_size: 8,
    vocab_size: 10,
    max_position_embeddings: 16,
  };
  const alternating = ["global", "local", "global", "local"];
  expect(read(neo)).toMatchObject({ attnTypes: alternating, windowSize: 256, attnScale: 1 });
  const types = (attention_types: unknown) => read({ ...neo, attention_types }).attnTypes;
  expect(types([[["global", "local"], 2]])).toEqual(alternating);
  expect(
    types([
      [["local"], 3],
      [["global"], 1],
    ]),
  ).toEqual(["local", "local", "local", "global"]);
  expect(read({ ...neo, attention_layers: alternating.toReversed() }).attnTypes).toEqual(
    alternating.toReversed(),
  );
  for (const wrong of [[[["global"], 3]], [[["sparse"], 4]], "global", [[["global"], 1e9]]]) {
    expect(() => types(wrong)).toThrow(
      /^gpt_neo: config\.json has attention_types .*; expected "global" or "local" for each of 4 layers$/,
    );
  }
});

test("opt: what opt-350m does differently is refused", () => {
  const opt = of("opt", { ffn_dim: 12 });
  expect(read(opt)).toMatchObject({ positionOffset: 2, actFn: "relu", nCtx: 64 });
  expect(() => read({ ...opt, word_embed_proj_dim: 4 })).toThrow(
    new UnsupportedModelError(
      "opt: config.json has word_embed_proj_dim 4 and hidden_size 8, which is not supported: embeddings are as wide as the stream (opt-350m projects them)",
    ),
  );
  expect(() => read({ ...opt, do_layer_norm_before: false })).toThrow(
    "opt: config.json has do_layer_norm_before false, which is not supported: ",
  );
  expect(() => read({ ...opt, layer_norm_elementwise_affine: false })).toThrow(
    UnsupportedModelError,
  );
});

test("bloom: ALiBi, a norm after the embedding, sizes under two names", () => {
  const bloom = { model_type: "bloom", n_layer: 2, n_head: 2, vocab_size: 10 };
  const expected = {
    positionalEmbeddingType: "alibi",
    postEmbeddingNorm: true,
    dMlp: 32,
    nCtx: 2048,
    defaultPrependBos: false,
  };
  expect(read({ ...bloom, hidden_size: 8 })).toMatchObject(expected);
  expect(read({ ...bloom, n_embed: 8 })).toMatchObject(expected);
  const post = { ...bloom, hidden_size: 8, apply_residual_connection_post_layernorm: true };
  expect(() => read(post)).toThrow(
    "bloom: config.json has apply_residual_connection_post_layernorm true, which is not supported",
  );
});

test("olmo, olmo2 and stablelm: where their norms sit, and what they cannot have", () => {
  expect(read(of("olmo"))).toMatchObject({ normalizationType: "LNPre", eps: 1e-5 });
  expect(() => read(of("olmo", { clip_qkv: 8 }))).toThrow(
    new UnsupportedModelError(
      "olmo: config.json has clip_qkv 8, which is not supported: queries, keys and values are not clipped",
    ),
  );
  expect(read(of("olmo2"))).toMatchObject({
    normPlacement: "output",
    qkNorm: { type: "RMS", over: "layer" },
  });
  expect(() => read(of("stablelm", { qk_layernorm: true }))).toThrow(
    "stablelm: config.json has qk_layernorm true, which is not supported: each head would have a norm of its own",
  );
});

test("smollm3: every fourth layer is unrotated, or those where no_rope_layers holds 0", () => {
  expect(read(of("smollm3")).layersWithoutRotary).toEqual([3]);
  expect(read(of("smollm3", { no_rope_layer_interval: 2 })).layersWithoutRotary).toEqual([1, 3]);
  const listed = of("smollm3", { no_rope_layers: [0, 1, 1, 1] });
  expect(read(listed).layersWithoutRotary).toEqual([0]);
});

test("roberta: positions start after the padding id, which takes its rows from the context", () => {
  for (const type of ["roberta", "xlm-roberta", "camembert"]) {
    // 64 rows, of which rows 0 and 1 are never used.
    expect(read(of(type, { type_vocab_size: 1 }))).toMatchObject({
      positionOffset: 2,
      nCtx: 62,
      tokenTypes: 1,
    });
  }
  expect(() => read(of("roberta", { hidden_act: "relu" }))).toThrow(
    'roberta: config.json has hidden_act "relu"; supported: gelu',
  );
});

test("distilbert: its own names for every size", () => {
  const distilbert = {
    model_type: "distilbert",
    n_layers: 2,
    dim: 8,
    n_heads: 2,
    hidden_dim: 12,
    vocab_size: 10,
    max_position_embeddings: 16,
  };
  expect(read(distilbert)).toMatchObject({ dMlp: 12, tokenTypes: 0, mlmHead: true, actFn: "gelu" });
});

/** Sizes that the library's defaults of heads divide. */
const large = (model_type: string, more: Json = {}): Json => {
  const { num_key_value_heads: _, ...rest } = of(model_type, {
    hidden_size: 256,
    num_attention_heads: 64,
    ...more,
  });
  return { ...rest, ...("num_key_value_heads" in more && more) };
};

// As transformers 5.24 has them, in configuration_<family>.py.
test.each([
  ["mistral", 8],
  ["qwen2", 32],
  ["qwen3", 32],
  ["gemma", 16],
  ["gemma2", 4],
  ["gemma3_text", 4],
  ["stablelm", 32],
  ["smollm3", 4],
  ["llama", 64],
  ["phi3", 64],
  ["olmo2", 64],
])("%s without num_key_value_heads has %i, and with null as many as heads", (type, heads) => {
  expect(read(large(type, { head_dim: 8 })).nKeyValueHeads).toBe(heads);
  const none = large(type, { head_dim: 8, num_key_value_heads: null });
  expect(read(none).nKeyValueHeads).toBe(64);
});

test.each([
  ["qwen3", 128],
  ["gemma", 256],
  ["gemma2", 256],
  ["gemma3_text", 256],
  ["llama", 4],
])("%s without head_dim has heads of %i", (type, dHead) => {
  expect(read(large(type)).dHead).toBe(dHead);
});

test("a head that neither the file nor its class ties is missing, not tied", () => {
  for (const type of ["llama", "mistral", "qwen2", "qwen3", "phi3", "stablelm", "olmo", "olmo2"])
    expect(read(of(type, { partial_rotary_factor: 1 })).tiedEmbeddings, type).toBe(false);
  for (const type of ["gemma", "gemma2", "gemma3_text", "smollm3"])
    expect(read(of(type)).tiedEmbeddings, type).toBe(true);
});

test("a window of null is none, also where no field means 4096", () => {
  for (const type of ["gemma2", "gemma3_text"]) {
    expect(read(of(type)).windowSize).toBe(4096);
    expect(read(of(type, { sliding_window: null })).windowSize).toBeUndefined();
  }
  const asked = { use_sliding_window: true, max_window_layers: 0 };
  expect(read(of("qwen2", asked)).windowSize).toBe(4096);
  expect(read(of("qwen2", { ...asked, sliding_window: null })).windowSize).toBeUndefined();
});

test("smollm3: windows are in the layers that are not rotated", () => {
  const windowed = { use_sliding_window: true, sliding_window: 3 };
  expect(read(of("smollm3", windowed)).attnTypes).toEqual(["global", "global", "global", "local"]);
});

test("rotary stretches start from the context that the class names, or that of the model", () => {
  const longrope = { type: "longrope", short_factor: [1, 2], long_factor: [3, 4] };
  const contextOf = (config: Json) =>
    (read(config).rotaryScaling as { originalContext: number }).originalContext;
  expect(contextOf(of("phi3", { rope_scaling: longrope }))).toBe(4096);
  const llama3 = { rope_type: "llama3", factor: 2, low_freq_factor: 1, high_freq_factor: 4 };
  expect(contextOf(of("llama", { rope_scaling: llama3 }))).toBe(64);
});

test("gemma: another activation than GELU is that activation, under either name", () => {
  expect(read(of("gemma", { hidden_act: "silu" })).actFn).toBe("silu");
  expect(read(of("gemma", { hidden_act: "silu", hidden_activation: "relu" })).actFn).toBe("relu");
});

test("gptj: rotary_dim of null is refused, as the library breaks down over it", () => {
  const gptj = {
    model_type: "gptj",
    n_layer: 1,
    n_embd: 64,
    n_head: 1,
    vocab_size: 5,
    n_positions: 4,
  };
  expect(read(gptj).rotaryDim).toBe(64);
  expect(() => read({ ...gptj, rotary_dim: null })).toThrow(/has no rotary_dim/);
});

test("bloom: n_embed goes before hidden_size", () => {
  const bloom = { model_type: "bloom", n_layer: 1, n_head: 2, vocab_size: 5, hidden_size: 64 };
  expect(read({ ...bloom, n_embed: 8 }).dModel).toBe(8);
});

test("hooked: no normalization_type means LN, null means none", () => {
  // HookedTransformerConfig of transformer_lens 2.16.
  const tl = { n_layers: 1, d_model: 4, d_head: 2, n_ctx: 3, d_vocab: 5, act_fn: "relu" };
  expect(read(tl).normalizationType).toBe("LN");
  expect(read({ ...tl, normalization_type: null })).toMatchObject({
    normalizationType: "none",
    finalNorm: false,
  });
  expect(() => read({ ...tl, final_rms: true })).toThrow(/final_rms true, which is not supported/);
  expect(() => read({ ...tl, use_local_attn: true, window_size: 2 })).toThrow(
    /attn_types undefined; expected a list/,
  );
});

test("numbers that would give not-a-number are refused in the words of the file", () => {
  expect(() => read(of("llama", { rms_norm_eps: -1 }))).toThrow(
    new RangeError("llama: config.json has rms_norm_eps -1; expected 0 or more"),
  );
  expect(() => read(of("llama", { rope_theta: 0 }))).toThrow(
    new RangeError("llama: config.json has rope_theta 0; expected a number above 0"),
  );
  expect(() => read(of("phi", { partial_rotary_factor: -0.5 }))).toThrow(
    /has partial_rotary_factor -0.5; expected a number above 0/,
  );
  expect(() => read(of("llama", { num_hidden_layers: 1e9 }))).toThrow(
    new RangeError(
      "llama: config.json has num_hidden_layers 1000000000; expected at most 10000 layers",
    ),
  );
  expect(() => read(of("roberta", { pad_token_id: -5 }))).toThrow(/positionOffset is -4/);
  const long = { short_factor: [1, 0], long_factor: [1, 1] };
  expect(() => read(of("phi3", { rope_scaling: { type: "longrope", ...long } }))).toThrow(
    /short_factor above 0 throughout/,
  );
});
