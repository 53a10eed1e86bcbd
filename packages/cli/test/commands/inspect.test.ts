import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Builder, encode } from "@diopter/graph";
import { hookNames, Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { goldenPath } from "../../../../test/golden";
import { diopter, json, temporaryFolder } from "../capture";

interface InspectJson {
  readonly parameters: {
    total: number;
    bytes: number;
    components: { component: string; parameters: number; bytes: number }[];
  };
  readonly hooks: { name: string; shape: (number | string)[] }[];
  readonly memory: { batch: number; length: number; runs: { run: string; bytes: number }[] };
  readonly provenance: { model: { weightsHash: string; config: { nLayers: number } } };
}

test("JSON says what the model is", async () => {
  const found = await json<InspectJson>(["inspect", "world-causal"]);
  expect(found).toMatchObject({ schema: 1, kind: "inspect" });
  const model = await Model.load(await worldCausal(), { runtime: reference() });
  expect(found.hooks.map(({ name }) => name)).toEqual(hookNames(model.config));
  expect(found.hooks.find(({ name }) => name === "blocks.0.attn.hook_pattern")!.shape).toEqual([
    "batch",
    8,
    "query",
    "key",
  ]);
  expect(found.parameters.total).toBe(model.weights.parameterCount);
  expect(found.provenance.model.weightsHash).toMatch(/^[0-9a-f]{64}$/);
});

test("every parameter is in one component", async () => {
  const { parameters } = await json<InspectJson>(["inspect", "world-masked"]);
  const sum = (key: "parameters" | "bytes") =>
    parameters.components.reduce((total, row) => total + row[key], 0);
  expect(sum("parameters")).toBe(parameters.total);
  expect(sum("bytes")).toBe(parameters.bytes);
  expect(parameters.components.map(({ component }) => component)).not.toContain("other");
});

test("more prompts and more outputs need more memory, never less than the weights", async () => {
  const one = await json<InspectJson>(["inspect", "world-causal"]);
  const many = await json<InspectJson>([
    ...["inspect", "world-causal"],
    ...["--batch", "8", "--length", "64"],
  ]);
  expect(one.memory).toMatchObject({ batch: 1, length: 20 });
  expect(many.memory).toMatchObject({ batch: 8, length: 64 });
  const needs = one.memory.runs.map(({ bytes }) => bytes);
  expect(needs).toEqual([...needs].sort((a, b) => a - b));
  expect(needs[0]).toBeGreaterThan(one.parameters.bytes);
  many.memory.runs.forEach(({ bytes }, i) => {
    expect(bytes).toBeGreaterThan(needs[i]!);
  });
});

test("the table gives layers as a range", async () => {
  const { code, out, err } = await diopter(["inspect", "world-causal"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^world-causal\nweights sha256 [0-9a-f]{64}\n/);
  expect(out).toMatch(/\nblocks\.\{0-\d+\}\.attn\.hook_z +\[batch, pos, 8, 16\]\n/);
  expect(out).toMatch(/\nmemory of 1 x 20 tokens +size\n/);
});

test("a prompt longer than the context is refused", async () => {
  const { code, err } = await diopter(["inspect", "world-causal", "--length", "65"]);
  expect([code, err]).toEqual([1, "inspect: --length is 65, the context holds 64\n"]);
});

test("a misspelt model is answered with the nearest", async () => {
  const { code, err } = await diopter(["inspect", "world-casual"]);
  expect(code).toBe(1);
  expect(err).toBe('model: no folder "world-casual"; did you mean "world-causal"?\n');
});

test("a folder without a model says which file is missing", async () => {
  const cwd = temporaryFolder();
  expect(await diopter(["inspect", "."], { cwd })).toEqual({
    code: 1,
    out: "",
    err: `${cwd}: no file "config.json"\n`,
  });
  writeFileSync(join(cwd, "config.json"), '{"model_type":"mamba"}');
  writeFileSync(join(cwd, "model.safetensors"), "");
  const { err } = await diopter(["inspect", "."], { cwd });
  expect(err.trimEnd()).not.toContain("\n");
});

test("an ONNX file gives the map of its hooks", async () => {
  const path = goldenPath("onnx/gpt2/optimum-past.onnx");
  const { out } = await diopter(["inspect", path]);
  expect(out).toMatch(
    /blocks\.0\.attn\.hook_pattern +\/transformer\/h\.0\/attn\/Softmax_output_0 +\[batch, head, query, key\]/,
  );
  const found = await json<{
    hooks: { hook: string; values: { value: string }[]; reason?: string }[];
  }>(["inspect", path]);
  expect(found).toMatchObject({ schema: 1, kind: "onnx-inspection", unexplained: [] });
  expect(found.hooks.find(({ hook }) => hook === "blocks.0.hook_resid_pre")!.values[0]!.value).toBe(
    "/transformer/Add_1_output_0",
  );
  expect(found.hooks.find(({ hook }) => hook === "blocks.0.attn.hook_result")!.reason).toMatch(
    /hook_z/,
  );
});

test("an ONNX file that is no transformer says why and fails", async () => {
  const path = join(temporaryFolder(), "relu.onnx");
  const b = new Builder();
  writeFileSync(path, encode(b.build([b.named("y", b.relu(b.input("x", "float32", ["n"])))])));
  const { code, out } = await diopter(["inspect", path]);
  expect(code).toBe(1);
  expect(out).toMatch(/not recognized as a transformer, because/);
});

test("a folder that holds nothing but an ONNX file is opened as any model", async () => {
  const folder = temporaryFolder();
  copyFileSync(goldenPath("onnx/bert/optimum.onnx"), join(folder, "tiny.onnx"));
  const found = await json<InspectJson>(["inspect", folder]);
  expect(found.provenance.model.config.nLayers).toBe(3);
});
