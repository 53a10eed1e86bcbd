/** @file Hook names against TransformerLens's own caches, filters and the nearest-name errors. */

import {
  defaultCacheNames,
  getActName,
  type HookName,
  type HookPattern,
  hookNames,
  hookShape,
  loadCheckpoint,
  type ModelConfig,
  selectHooks,
  UnknownHookError,
} from "@diopter/model";
import { expect, expectTypeOf, test } from "vitest";
import { goldenPath, readBytes, readJson, readTensors } from "../../../test/golden";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

const { config: tiny } = await loadCheckpoint({ config: tinyConfig, weights: tinyWeights() });
const names = hookNames(tiny);

test("the default cache is TransformerLens's, name by name", async () => {
  for (const model of ["a", "b"]) {
    const folder = goldenPath(`transformerlens/${model}`);
    const { config } = await loadCheckpoint({
      config: readJson(`${folder}/config.json`),
      weights: readBytes(`${folder}/weights.safetensors`),
    });
    const cache = readTensors(`${folder}/cache.f64.safetensors`);
    const expected = [...cache.keys()].filter((name) => name.includes("hook_"));
    expect(defaultCacheNames(config).toSorted()).toEqual(expected.toSorted());
    const split = readTensors(`${folder}/cache_split.f64.safetensors`);
    for (const name of split.keys()) expect(hookNames(config)).toContain(name);
  }
});

test("shapes are those of TransformerLens's cache", async () => {
  const { config } = await loadCheckpoint({
    config: readJson(goldenPath("transformerlens/a/config.json")),
    weights: readBytes(goldenPath("transformerlens/a/weights.safetensors")),
  });
  const cache = readTensors(goldenPath("transformerlens/a/cache.f64.safetensors"));
  const sizes: Record<string, number> = { batch: 2, pos: 10, query: 10, key: 10 };
  for (const name of defaultCacheNames(config)) {
    const shape = hookShape(name, config).map((dim) =>
      typeof dim === "number" ? dim : sizes[dim],
    );
    expect([name, shape]).toEqual([name, cache.get(name)?.shape]);
  }
});

test("every activation of the Hugging Face references has its hook", async () => {
  for (const family of ["gpt2", "llama", "bert"]) {
    const { config } = await loadCheckpoint(goldenPath(`hf/${family}`));
    const known = new Set<string>(hookNames(config));
    const golden = readTensors(goldenPath(`hf/${family}/golden.f32.safetensors`));
    const hooks = [...golden.keys()].filter((name) => /^(blocks|ln_final)\..*hook_/.test(name));
    expect(hooks.length).toBeGreaterThan(20);
    expect(hooks.filter((name) => !known.has(name))).toEqual([]);
  }
});

test("a block's hooks come in the order of computation", () => {
  const inBlock = names.filter((name) => name.startsWith("blocks.1."));
  expect(inBlock.map((name) => name.slice("blocks.1.".length))).toEqual([
    "hook_resid_pre",
    "hook_attn_in",
    "hook_q_input",
    "hook_k_input",
    "hook_v_input",
    "ln1.hook_scale",
    "ln1.hook_normalized",
    "attn.hook_q",
    "attn.hook_k",
    "attn.hook_v",
    "attn.hook_attn_scores",
    "attn.hook_pattern",
    "attn.hook_z",
    "attn.hook_result",
    "hook_attn_out",
    "hook_resid_mid",
    "hook_mlp_in",
    "ln2.hook_scale",
    "ln2.hook_normalized",
    "mlp.hook_pre",
    "mlp.hook_post",
    "hook_mlp_out",
    "hook_resid_post",
  ]);
});

test("switches of the configuration bring and take hooks", () => {
  const of = (change: Partial<ModelConfig>) => hookNames({ ...tiny, ...change }) as string[];
  expect(of({ attnOnly: true })).not.toContain("blocks.0.hook_resid_mid");
  expect(of({ attnOnly: true })).not.toContain("blocks.0.mlp.hook_pre");
  expect(of({ gatedMlp: true })).toContain("blocks.0.mlp.hook_pre_linear");
  expect(of({ positionalEmbeddingType: "rotary" })).toContain("blocks.0.attn.hook_rot_q");
  expect(of({ positionalEmbeddingType: "rotary" })).not.toContain("hook_pos_embed");
  expect(of({ normalizationType: "none" }).filter((name) => name.includes("ln"))).toEqual([]);
  expect(of({ normPlacement: "post" })).toContain("blocks.0.hook_normalized_resid_post");
  expect(of({ normPlacement: "post" })).toContain("hook_full_embed");
  expect(of({ normPlacement: "both" })).toContain("blocks.0.ln2_post.hook_scale");
  const written = of({ normPlacement: "output" });
  expect(written).toContain("blocks.0.ln1_post.hook_normalized");
  expect(written).not.toContain("blocks.0.ln1.hook_normalized");
  const turned = of({ positionalEmbeddingType: "rotary", layersWithoutRotary: [0] });
  expect(turned).toContain("blocks.1.attn.hook_rot_k");
  expect(turned).not.toContain("blocks.0.attn.hook_rot_k");
  expect(of({ parallelAttnMlp: true })).not.toContain("blocks.0.hook_resid_mid");
  expect(of({ parallelAttnMlp: true, sharedNorm: true })).not.toContain("blocks.0.ln2.hook_scale");
  expect(of({ tokenTypes: 2 })).toContain("hook_token_type_embed");
  expect(of({ postEmbeddingNorm: true })).toContain("embed.ln.hook_normalized");
  expect(of({ finalNorm: false })).not.toContain("ln_final.hook_scale");
  expect(new Set(names).size).toBe(names.length);
});

test("keys and values have their own head count", () => {
  const grouped = { ...tiny, nHeads: 4, nKeyValueHeads: 2 };
  expect(hookShape("blocks.0.attn.hook_q", grouped)).toEqual(["batch", "pos", 4, 3]);
  expect(hookShape("blocks.0.attn.hook_v", grouped)).toEqual(["batch", "pos", 2, 3]);
  expect(hookShape("blocks.0.attn.hook_pattern", grouped)).toEqual(["batch", 4, "query", "key"]);
});

test("filters choose by name, glob, list, expression and predicate", () => {
  const both = ["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre"];
  expect(selectHooks("blocks.1.hook_resid_pre", names)).toEqual([both[1]]);
  expect(selectHooks("blocks.*.hook_resid_pre", names)).toEqual(both);
  expect(selectHooks("**hook_resid_pre", names)).toEqual(both);
  expect(selectHooks("blocks.{0,1}.hook_resid_pre", names)).toEqual(both);
  expect(selectHooks([both[1] as string, both[0] as string], names)).toEqual(both);
  expect(selectHooks(/resid_pre$/g, names)).toEqual(both);
  expect(selectHooks((name) => name.endsWith("hook_resid_pre"), names)).toEqual(both);
  expect(selectHooks(undefined, names)).toEqual(names);
  expect(selectHooks([], names)).toEqual([]);
  expect(selectHooks("blocks.0.attn.*", names)).toHaveLength(7);
});

test("a star does not cross a dot, and a dot is only a dot", () => {
  expect(selectHooks("blocks.*.hook_q_input", names)).toHaveLength(2);
  expect(() => selectHooks("blocks.*", names)).toThrow('model: no hook matches "blocks.*"');
  expect(() => selectHooks("blocks.0.attn*hook_q", names)).toThrow(UnknownHookError);
});

test("an unknown hook is answered with the nearest", () => {
  expect(() => selectHooks("blocks.1.attn.hook_zz", names)).toThrow(
    new UnknownHookError(
      'model: no hook "blocks.1.attn.hook_zz"; did you mean "blocks.1.attn.hook_z"?',
    ),
  );
  expect(() => selectHooks(["hook_embed", "nonsense that is far away"], names)).toThrow(
    new UnknownHookError('model: no hook "nonsense that is far away"'),
  );
  expect(() => selectHooks(/nowhere/, names)).toThrow("model: no hook matches /nowhere/");
});

test("shorthands mean what TransformerLens means", () => {
  const cases: [Parameters<typeof getActName>, string][] = [
    [["k", 6], "blocks.6.attn.hook_k"],
    [["k6"], "blocks.6.attn.hook_k"],
    [["pre", 2], "blocks.2.mlp.hook_pre"],
    [["embed"], "hook_embed"],
    [["pos_embed"], "hook_pos_embed"],
    [["normalized", 27, "ln2"], "blocks.27.ln2.hook_normalized"],
    [["scale4ln1"], "blocks.4.ln1.hook_scale"],
    [["pre5"], "blocks.5.mlp.hook_pre"],
    [["scale"], "ln_final.hook_scale"],
    [["normalized"], "ln_final.hook_normalized"],
    [["attn", 1], "blocks.1.attn.hook_pattern"],
    [["attn_logits", 1], "blocks.1.attn.hook_attn_scores"],
    [["attn_scores", 1], "blocks.1.attn.hook_attn_scores"],
    [["value", 3], "blocks.3.attn.hook_v"],
    [["key", 3], "blocks.3.attn.hook_k"],
    [["query", 3], "blocks.3.attn.hook_q"],
    [["mlp_post", 3], "blocks.3.mlp.hook_post"],
    [["resid_post", 0], "blocks.0.hook_resid_post"],
    [["result", 0], "blocks.0.attn.hook_result"],
    [["scale", 4, "ln1"], "blocks.4.ln1.hook_scale"],
    [["mlp_out", 1, "m"], "blocks.1.mlp.hook_mlp_out"],
    [["resid_pre", 1, "block"], "blocks.1.hook_resid_pre"],
    [["blocks.3.attn.hook_z"], "blocks.3.attn.hook_z"],
    [["hook_embed"], "hook_embed"],
  ];
  for (const [args, expected] of cases) expect(getActName(...args)).toBe(expected);
});

test("misspelt literals do not compile", () => {
  expectTypeOf<"blocks.3.attn.hook_z">().toExtend<HookName>();
  expectTypeOf<"blocks.3.attn.hook_zz">().not.toExtend<HookName>();
  expectTypeOf<"block.3.attn.hook_z">().not.toExtend<HookName>();
  expectTypeOf<"blocks.*.hook_resid_pre">().toExtend<HookPattern>();
  expectTypeOf<"blocks.x.hook_resid_pre">().not.toExtend<HookPattern>();
});
