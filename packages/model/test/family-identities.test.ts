/** @file What holds for every family whatever its numbers: two views, cached generation, gradients, processing. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { decodeSafetensors, logit, Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { argmax, cast, logSoftmax, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, relative } from "../../../test/golden";

const folders = [goldenPath("families/"), goldenPath("hf/")]
  .flatMap((parent) => readdirSync(parent).map((name) => `${parent}${name}`))
  .filter((folder) => existsSync(`${folder}/model.safetensors`));
const models = await Promise.all(
  folders.map(async (folder) => [folder.split("/").at(-1)!, await open(folder)] as const),
);
const decoders = models.filter(([, { config }]) => config.attentionDir === "causal");
const named = (name: string) => models.filter(([each]) => each === name);

const prompt = [
  [5, 17, 60, 3, 40, 11, 9],
  [8, 8, 1, 59, 22, 30, 2],
];

const addable = models.filter(([, { config }]) => config.normPlacement === "pre");
test.each(addable)("%s has equal logits in both views", async (_, model) => {
  const { logits } = await model.run(prompt);
  const factorized = await model.run(prompt, { view: "factorized" });
  expect(factorized.logits).toBeAllclose(logits, relative(logits, 1e-11));
});

test.each(addable)("%s caches every hook of either view that the view has", async (_, model) => {
  const { cache } = await model.runWithCache(prompt);
  const { cache: factorized } = await model.runWithCache(prompt, { view: "factorized" });
  for (const [name, value] of cache.entries()) {
    if (factorized.has(name))
      expect(factorized.get(name)).toBeAllclose(value, relative(value, 1e-10));
    else {
      const alone = model.runWithCache(prompt, { view: "factorized", names: [name] });
      await expect(alone, name).rejects.toThrow(
        `hook "${name}" is not computed in the factorized view`,
      );
    }
  }
});

const normed = models.filter(([, { config }]) => config.normPlacement !== "pre");
test.each(normed)("%s has no factorized view, and says why", async (_, model) => {
  await expect(model.run(prompt, { view: "factorized" })).rejects.toThrow(
    `model: the factorized view needs outputs that add up unnormed, but ${model.config.family} norms them on their way into the residual stream`,
  );
});

test.each(decoders)("%s goes on as it would without its cache", async (_, model) => {
  const { ids } = await model.generate(prompt, { maxNewTokens: 5, stopAtEos: false });
  for (const [row, tokens] of prompt.entries()) {
    const soFar = [...tokens];
    for (const id of ids[row]!) {
      const { logits } = await model.run([soFar], { logits: "last" });
      expect(id).toBe(argmax(logits, -1).item());
      soFar.push(id);
    }
  }
});

const differentiable = ["bloom", "olmo2", "gemma3_linear", "phi_qk_norm", "smollm3"];
test.each(differentiable.flatMap(named))("%s has the slope of its own graph", async (_, model) => {
  const of = logit(7);
  const at = "blocks.0.hook_resid_pre";
  const { gradients } = await model.gradients([prompt[0]!], { of, wrt: at });
  const direction = Array.from({ length: model.config.dModel }, (_, i) => Math.sin(i + 1));
  const moved = async (by: number) => {
    const edits = [{ at, pos: 2, do: "add", value: direction, by }] as const;
    return (await model.measure([prompt[0]!], of, { edits }))[0]!;
  };
  const slope = ((await moved(1e-5)) - (await moved(-1e-5))) / 2e-5;
  const gradient = gradients.get(at); // [1, pos, dModel]
  const predicted = direction.reduce((sum, d, i) => sum + d * gradient.at(0, 2, i), 0);
  expect(predicted).toBeCloseTo(slope, 6);
  expect(Math.abs(slope)).toBeGreaterThan(0.01);
});

const gpt = ["gpt_neo", "gptj", "gpt_neox", "opt", "phi", "phi_qk_norm", "stablelm_parallel"];
const rms = ["mistral", "qwen2", "qwen3", "gemma", "phi3", "smollm3"];
const all = { foldLayerNorm: true, centerUnembed: true, foldValueBiases: true };
test.each([
  ...gpt
    .flatMap(named)
    .map(([name, model]) => [name, model, { ...all, centerWritingWeights: true }] as const),
  ...rms.flatMap(named).map(([name, model]) => [name, model, all] as const),
])("%s keeps its log-probabilities when processed", async (_, model, flags) => {
  const before = logSoftmax((await model.run(prompt)).logits, -1);
  const after = logSoftmax((await model.processed(flags).run(prompt)).logits, -1);
  expect(after).toBeAllclose(before, relative(before, 1e-9));
});

const refusals = [
  ["olmo2", { foldLayerNorm: true }, "foldLayerNorm: norms after a sublayer write to the stream"],
  ["bloom", { foldLayerNorm: true }, "foldLayerNorm: the norm after the embedding writes"],
  ["bloom", { centerWritingWeights: true }, "centerWritingWeights: a norm writes to the stream"],
  ["smollm3", { centerWritingWeights: true }, "centerWritingWeights: RMSNorm does not remove"],
  ["gemma3_linear", { foldLayerNorm: true }, "foldLayerNorm: norms after a sublayer write"],
] as const;
test.each(refusals)("%s refuses %o", (name, flags, message) => {
  expect(() => named(name)[0]![1].processed(flags)).toThrow(message);
});

/** Weights in float64, so that rounding hides nothing. */
async function open(folder: string): Promise<Model> {
  const weights = await decodeSafetensors(readFileSync(`${folder}/model.safetensors`));
  return Model.load(
    {
      config: JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as object,
      weights: new Map<string, TensorLike>(
        [...weights].map(([name, tensor]) => [name, cast(tensor, "float64")]),
      ),
    },
    { runtime: reference() },
  );
}
