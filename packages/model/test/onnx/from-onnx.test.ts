/** @file Opening files: what lies beside them, what the user says of them, and how two exports differ. */

import { copyFile, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareExports, Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { afterAll, expect, test } from "vitest";
import { noTrained, trainedPath } from "../../../../test/golden";
import { tinyConfig, tinyWeights } from "../helpers/tiny-hooked";
import { onnxPath, openExport } from "./golden-onnx";

const runtime = node();
afterAll(() => runtime.dispose());

/** A folder as transformers.js keeps it: `onnx/model.onnx`, the rest one folder up. */
async function published(change: (config: Record<string, unknown>) => void = () => undefined) {
  const root = await mkdtemp(join(tmpdir(), "published-"));
  await mkdir(join(root, "onnx"));
  await copyFile(onnxPath("stories260K/optimum-past.onnx"), join(root, "onnx", "model.onnx"));
  const hf = trainedPath("stories260K/hf");
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(hf, name), join(root, name));
  const config = JSON.parse(await readFile(join(hf, "config.json"), "utf8")) as Record<
    string,
    unknown
  >;
  change(config);
  await writeFile(join(root, "config.json"), JSON.stringify(config));
  return root;
}

test.skipIf(noTrained)(
  "text runs with the tokenizer and configuration one folder up (needs ../shared/models)",
  async () => {
    const root = await published();
    const original = await Model.load(trainedPath("stories260K/hf"), { runtime });
    for (const path of [root, join(root, "onnx", "model.onnx")]) {
      const model = await Model.fromOnnx(path, { runtime });
      expect(model.config.family).toBe("llama");
      expect(model.config.nCtx).toBe(original.config.nCtx);
      expect(model.toTokens("Once upon a time")).toEqual(original.toTokens("Once upon a time"));
      const text = await model.generate("Once upon a time", { maxNewTokens: 5 });
      expect(text.ids).toEqual(
        (await original.generate("Once upon a time", { maxNewTokens: 5 })).ids,
      );
      await model.dispose();
    }
    await original.dispose();
  },
);

test.skipIf(noTrained)(
  "a config.json that says otherwise is an error that names both (needs ../shared/models)",
  async () => {
    const root = await published((config) => {
      config.num_hidden_layers = 6;
    });
    await expect(Model.fromOnnx(root, { runtime })).rejects.toThrow(
      /the file has nLayers 5, config\.json says 6/,
    );
  },
);

test("hints add what a graph cannot tell and may not contradict it", async () => {
  const path = onnxPath("llama/optimum-past.onnx");
  const model = await Model.fromOnnx(path, { runtime, config: { nCtx: 32, nHeads: 4 } });
  expect(model.config.nCtx).toBe(32);
  await expect(Model.fromOnnx(path, { runtime, config: { nHeads: 8 } })).rejects.toThrow(
    /nHeads 4, the options say 8/,
  );
});

test("a model from elsewhere has no map of hooks", async () => {
  const model = await Model.load(
    { config: tinyConfig, weights: tinyWeights() },
    { runtime: reference() },
  );
  expect(() => model.inspect()).toThrow(/does not come from an ONNX file/);
});

test("drift of an export from itself is 0, of its int8 form a few percent", async () => {
  const [a, b] = [
    await openExport("gpt2/optimum-past.onnx", runtime),
    await openExport("gpt2/optimum-past-int8.onnx", runtime),
  ];
  const prompt = [[1, 2, 3, 4, 5, 6]];
  const none = await compareExports(a, a, prompt);
  expect(none.toRows().every(({ maxAbs, rmsRelative }) => maxAbs === 0 && rmsRelative === 0)).toBe(
    true,
  );
  const some = await compareExports(a, b, prompt, { names: "blocks.*.hook_resid_post" });
  expect(some.toRows().map(({ name }) => name)).toEqual([
    "logits",
    ...[0, 1, 2].map((l) => `blocks.${l}.hook_resid_post`),
  ]);
  for (const { rmsRelative, relative } of some.rows) {
    expect(rmsRelative).toBeGreaterThan(1e-4);
    expect(rmsRelative).toBeLessThan(0.1);
    expect(relative).toBeLessThan(0.2);
  }
  expect(JSON.parse(JSON.stringify(some))).toMatchObject({
    schema: 1,
    kind: "export-comparison",
  });
});
