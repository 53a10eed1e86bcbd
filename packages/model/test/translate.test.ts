/** @file Names of activations from one library to another and back. */

import {
  type Family,
  Fields,
  families,
  hookNames,
  type ModelConfig,
  translate,
  UnknownHookError,
  type Vocabulary,
} from "@diopter/model";
import { describe, expect, test } from "vitest";
import { goldenPath, readJson } from "../../../test/golden";

const tl = "transformerlens";
const vocabularies = [
  "transformerlens-bridge",
  "hf",
  "nnsight",
  "nnterp",
  "interp-engine",
] as const satisfies Vocabulary[];

/** Pairs that must hold in both directions. */
const pairs: readonly [hook: string, to: Vocabulary, family: string | undefined, name: string][] = [
  ["blocks.5.hook_resid_pre", "transformerlens-bridge", undefined, "blocks.5.hook_in"],
  ["blocks.0.attn.hook_z", "transformerlens-bridge", undefined, "blocks.0.attn.o.hook_in"],
  ["blocks.5.hook_resid_pre", "interp-engine", undefined, "resid_pre.5"],
  ["blocks.11.mlp.hook_post", "interp-engine", undefined, "mlp_act.11"],
  ["blocks.2.hook_mlp_out", "interp-engine", "gemma2", "mlp_out_post.2"],
  ["blocks.2.attn.hook_k", "interp-engine", "qwen3", "k_norm_in.2"],
  ["unembed.hook_in", "interp-engine", "llama", "final_norm"],
  ["blocks.5.hook_resid_post", "nnterp", "gpt2", "layers_output[5]"],
  ["blocks.5.hook_attn_out", "nnterp", "gpt2", "attentions_output[5]"],
  ["blocks.31.attn.hook_pattern", "nnterp", undefined, "attention_probabilities[31]"],
  ["hook_embed", "nnterp", "gpt2", "token_embeddings"],
  ["hook_embed", "hf", "gpt2", "transformer.wte:output"],
  ["blocks.5.hook_resid_mid", "hf", "gpt2", "transformer.h.5.ln_2:input"],
  ["blocks.5.attn.hook_z", "hf", "gpt2", "transformer.h.5.attn.c_proj:input"],
  ["blocks.5.attn.hook_z", "nnsight", "gpt2", "model.transformer.h[5].attn.c_proj.input"],
  ["blocks.5.hook_mlp_out", "nnsight", "llama", "model.model.layers[5].mlp.down_proj.output"],
  ["blocks.0.hook_resid_post", "hf", "llama", "model.layers.0:output"],
  ["blocks.3.attn.hook_q", "hf", "llama", "model.layers.3.self_attn.q_proj:output"],
  ["blocks.3.mlp.hook_pre", "hf", "llama", "model.layers.3.mlp.gate_proj:output"],
  ["blocks.3.mlp.hook_pre_linear", "hf", "llama", "model.layers.3.mlp.up_proj:output"],
  ["unembed.hook_out", "hf", "llama", "lm_head:output"],
  ["blocks.1.hook_mlp_out", "hf", "gemma2", "model.layers.1.post_feedforward_layernorm:output"],
  ["blocks.1.hook_resid_mid", "hf", "gemma2", "model.layers.1.pre_feedforward_layernorm:input"],
  ["blocks.1.hook_resid_mid", "hf", "olmo2", "model.layers.1.mlp.gate_proj:input"],
  ["blocks.1.hook_attn_out", "hf", "gptj", "transformer.h.1.attn.out_proj:output"],
  ["blocks.1.hook_attn_out", "hf", "bloom", "transformer.h.1.self_attention.dense:output"],
  [
    "blocks.1.hook_resid_mid",
    "hf",
    "bert",
    "bert.encoder.layer.1.attention.output.LayerNorm:input",
  ],
  ["blocks.1.hook_resid_post", "hf", "bert", "bert.encoder.layer.1.output.LayerNorm:input"],
  ["hook_full_embed", "hf", "distilbert", "distilbert.embeddings.LayerNorm:output"],
  ["unembed.hook_in", "hf", "roberta", "lm_head.decoder:input"],
];

test.each(pairs)("%s in %s (%s) is %s, and back", (hook, vocabulary, family, name) => {
  expect(translate(hook, { from: tl, to: vocabulary, family })).toBe(name);
  expect(translate(name, { from: vocabulary, to: tl, family })).toBe(hook);
});

test("two other libraries meet at the hook", () => {
  const from = "nnterp";
  expect(translate("layers_output[4]", { from, to: "interp-engine", family: "phi" })).toBe(
    "resid_post.4",
  );
  expect(translate("mlps_output[4]", { from, to: "hf", family: "phi" })).toBe(
    "model.layers.4.mlp.fc2:output",
  );
});

describe.each(
  readJson<{ family: string }[]>(goldenPath("hf/summary.json")).map(({ family }) => family),
)("%s", (name) => {
  test.each(vocabularies)("every name that %s has for a hook leads back to it", (to) => {
    const config = configOf(name);
    let translated = 0;
    const last = `blocks.${config.nLayers - 1}.`;
    const hooks = hookNames(config).filter(
      (hook) => !hook.startsWith("b") || hook.startsWith(last),
    );
    for (const hook of hooks) {
      let there: string;
      try {
        there = translate(hook, { from: tl, to, family: config });
      } catch (error) {
        expect(error).toBeInstanceOf(UnknownHookError);
        continue;
      }
      expect(translate(there, { from: to, to: tl, family: config })).toBe(hook);
      translated++;
    }
    // At least the stream's two ends and what attention and MLP write, or their names in that library.
    expect(translated).toBeGreaterThan(3);
  });
});

test("a name that would mean another tensor is refused with the reason", () => {
  const refused = (name: string, from: Vocabulary, to: Vocabulary, family?: string) => () =>
    translate(name, { from, to, family });
  expect(refused("blocks.2.attn.hook_q", tl, "hf", "gpt2")).toThrow(
    new UnknownHookError(
      'translate: hf has no name for "blocks.2.attn.hook_q": "transformer.h.{l}.attn.c_attn" gives several of them at once',
    ),
  );
  expect(refused("blocks.2.hook_attn_out", tl, "nnterp", "gemma2")).toThrow(
    'translate: nnterp has no name for "blocks.2.hook_attn_out": it is the module\'s own output, and this model norms that on its way into the stream',
  );
  expect(refused("attn_out.2", "interp-engine", tl, "olmo2")).toThrow(
    'translate: "attn_out.2" of interp-engine is no hook: it is the module\'s own output, and this model norms',
  );
  expect(translate("attn_out.2", { from: "interp-engine", to: tl, family: "llama" })).toBe(
    "blocks.2.hook_attn_out",
  );
  expect(refused("blocks.2.hook_mlp_out", tl, "nnterp", "bloom")).toThrow(
    "this family's modules add the stream themselves",
  );
  expect(refused("hook_embed", tl, "hf", "gemma3")).toThrow(UnknownHookError);
  expect(refused("unembed.hook_out", tl, "interp-engine", "gemma2")).toThrow("scales or caps");
  expect(refused("q_norm_in.0", "interp-engine", tl, "llama")).toThrow("does not norm queries");
  expect(refused("mlp_in.0", "interp-engine", tl, "llama")).toThrow(
    'translate: "mlp_in.0" of interp-engine is no hook: it is after the norm\'s gain, ln2.hook_normalized before it',
  );
  expect(refused("layers_output[1]", "nnterp", tl, "bert")).toThrow("a block's output is normed");
  expect(refused("router_logits.1", "interp-engine", tl, "llama")).toThrow(
    new UnknownHookError('translate: "router_logits.1" of interp-engine is no hook'),
  );
  expect(refused("blocks.2.ln1.hook_scale", tl, "nnterp", "gpt2")).toThrow(
    new UnknownHookError('translate: nnterp has no name for "blocks.2.ln1.hook_scale"'),
  );
});

test("what depends on the model is asked for", () => {
  expect(() => translate("blocks.0.hook_mlp_out", { from: tl, to: "nnterp" })).toThrow(
    'translate: nnterp has no name for "blocks.0.hook_mlp_out": that depends on the model; give its family',
  );
  expect(() => translate("blocks.0.hook_mlp_out", { from: tl, to: "hf" })).toThrow(
    new RangeError("translate: names of modules differ by family; give a family for hf"),
  );
});

test("hooks, families and vocabularies that do not exist are named, with the nearest that do", () => {
  expect(() => translate("blocks.5.hook_resid_por", { from: tl, to: "nnterp" })).toThrow(
    'translate: no hook "blocks.5.hook_resid_por"; did you mean',
  );
  expect(() => translate("blocks.01.hook_resid_pre", { from: tl, to: "nnterp" })).toThrow(
    UnknownHookError,
  );
  expect(() =>
    translate("blocks.1.hook_resid_mid", { from: tl, to: "interp-engine", family: "gptj" }),
  ).toThrow('translate: no hook "blocks.1.hook_resid_mid" in a usual gptj model');
  expect(() => translate("hook_embed", { from: tl, to: "hf", family: "gpt3" })).toThrow(
    'translate: no family "gpt3"; did you mean "gpt2"?',
  );
  expect(() => translate("hook_embed", { from: tl, to: "keras" as Vocabulary })).toThrow(
    'translate: no vocabulary "keras"; expected transformerlens, hf, nnsight, transformerlens-bridge, nnterp, interp-engine',
  );
});

test("a model's own configuration says how many layers and which blocks", () => {
  const sequential = configOf("gpt_neox_sequential");
  const mid = "blocks.1.hook_resid_mid";
  expect(translate(mid, { from: tl, to: "hf", family: sequential })).toBe(
    "gpt_neox.layers.1.post_attention_layernorm:input",
  );
  expect(() => translate(mid, { from: tl, to: "hf", family: "gpt_neox" })).toThrow(
    UnknownHookError,
  );
  expect(() =>
    translate("blocks.2.hook_resid_pre", { from: tl, to: "nnterp", family: sequential }),
  ).toThrow('translate: no hook "blocks.2.hook_resid_pre" in this gpt_neox model');
});

test("one's own family is translated from its description", () => {
  const llama = families.find(({ name }) => name === "llama")!;
  const own: Family = {
    ...llama,
    name: "mine",
    prefixes: ["net."],
    config: (hf, tensors) => ({ ...llama.config(hf, tensors), family: "mine" }),
  };
  const options = { from: tl, to: "hf", family: "mine", families: [own] } as const;
  expect(translate("blocks.7.attn.hook_z", options)).toBe("net.layers.7.self_attn.o_proj:input");
});

function configOf(name: string): ModelConfig {
  const config = readJson(goldenPath(`hf/${name}/config.json`));
  const family = families.find(({ matches }) => matches(config))!;
  return family.config(new Fields(name, config), { shape: () => undefined, layers: () => 0 });
}
