/** @file A family described outside the package, with public names only: the one that CONTRIBUTING.md shows. */

import { readFileSync } from "node:fs";
import { families, Model, UnsupportedModelError } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { goldenPath, readTensors, relative } from "../../../../test/golden";
import { qwen2 } from "../fixtures/own-qwen2";

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("CONTRIBUTING.md shows the family as it is tested", () => {
  expect(text("../../../../CONTRIBUTING.md")).toContain(text("../fixtures/own-qwen2.ts").trim());
});

test("a model of one's own family gives the logits of transformers", async () => {
  const model = await Model.load(goldenPath("hf/qwen2"), {
    runtime: reference(),
    families: [qwen2, ...families],
  });
  expect(model.config.family).toBe("my-qwen2");
  const golden = readTensors(goldenPath("hf/qwen2/golden.f64.safetensors"));
  const ids = Array.from(golden.get("input_ids")!.data as BigInt64Array, Number);
  const { logits, cache } = await model.runWithCache([ids.slice(0, 12), ids.slice(12)]);
  const pattern = "blocks.2.attn.hook_pattern";
  expect(logits).toBeAllclose(golden.get("logits")!, relative(golden.get("logits")!, 1e-9));
  expect(cache.get(pattern)).toBeAllclose(golden.get(pattern)!, { rtol: 0, atol: 1e-9 });
});

test("families that are given replace those of the package", async () => {
  await expect(
    Model.load(goldenPath("hf/llama"), { runtime: reference(), families: [qwen2] }),
  ).rejects.toThrow(
    new UnsupportedModelError(
      'model: unsupported architecture "llama"; supported: my-qwen2 (model_type "qwen2")',
    ),
  );
});
