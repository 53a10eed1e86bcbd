/** @file A processed model computes what it computed before, in float64. */

import { Model, type WeightProcessing } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { cast, logSoftmax, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readJson, readTensors, relative } from "../../../test/golden";

const prompt = [
  [5, 17, 96, 3, 40],
  [8, 8, 61, 0, 22],
];

/** A reference model with weights in float64, so that rounding hides nothing. */
async function open(family: string): Promise<Model> {
  const weights = readTensors(goldenPath(`hf/${family}/model.safetensors`));
  return Model.load(
    {
      config: readJson(goldenPath(`hf/${family}/config.json`)),
      weights: new Map<string, TensorLike>(
        [...weights].map(([name, tensor]) => [name, cast(tensor, "float64")]),
      ),
    },
    { runtime: reference() },
  );
}

const steps: readonly [family: string, flags: WeightProcessing][] = [
  ["gpt2", { foldLayerNorm: true }],
  ["gpt2", { centerWritingWeights: true }],
  ["gpt2", { centerUnembed: true }],
  ["gpt2", { foldValueBiases: true }],
  [
    "gpt2",
    { foldLayerNorm: true, centerWritingWeights: true, centerUnembed: true, foldValueBiases: true },
  ],
  ["llama", { foldLayerNorm: true, centerUnembed: true }],
  ["llama3_rope", { foldLayerNorm: true, centerUnembed: true, foldValueBiases: true }],
  ["bert", { centerUnembed: true, foldValueBiases: true }],
];

test.each(steps)("%s keeps its log-probabilities under %o", async (family, flags) => {
  const model = await open(family);
  const before = logSoftmax((await model.run(prompt)).logits, -1);
  const after = logSoftmax((await model.processed(flags).run(prompt)).logits, -1);
  expect(after.dtype).toBe("float64");
  expect(after).toBeAllclose(before, relative(before, 1e-9));
});
