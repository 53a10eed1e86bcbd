/** @file Every export with float weights computes what transformers computes, at every hook. */

import type { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import type { TensorLike } from "@diopter/tensor";
import { afterAll, expect, test } from "vitest";

import { distance, type Export, floatExports, goldensOf, openExport, rows } from "./golden-onnx";

const runtime = node();
afterAll(() => runtime.dispose());

/** Of the largest value of a tensor; float16 files hold rounded weights, approximated activations are another function. */
function tolerance(file: string): number {
  if (file.includes("fp16")) return 3e-2;
  return file.includes("-skip") ? 5e-3 : 1e-4;
}

/** What this golden file calls so is the input of an activation, [2, 12, 48]. */
const misnamed = (family: string, name: string) =>
  family === "distilbert" && name.endsWith("hook_normalized_resid_post");

async function compare(
  model: Model,
  { file, family }: Export,
  golden: ReadonlyMap<string, TensorLike>,
  prefix = "",
): Promise<number> {
  const types = golden.get(`${prefix}token_type_ids`);
  const { logits, cache } = await model.runWithCache({
    tokens: rows(golden.get(`${prefix}input_ids`)!),
    ...(types && { tokenTypes: rows(types) }),
  });
  const far: string[] = [];
  let compared = 0;
  for (const [key, expected] of golden) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    const got = name === "logits" ? logits : cache.has(name) ? cache.get(name) : undefined;
    if (!got || misnamed(family, name)) continue;
    compared += 1;
    const d = distance(got, expected);
    if (!(d <= tolerance(file))) far.push(`${name}: ${d}`);
  }
  expect(far).toEqual([]);
  return compared;
}

for (const entry of floatExports) {
  test(`${entry.file}: logits and every hook are those of transformers`, async () => {
    const model = await openExport(entry.file, runtime);
    const golden = await goldensOf(entry);
    if (golden.has("input_ids")) {
      expect(await compare(model, entry, golden)).toBeGreaterThan(6 * model.config.nLayers);
    } else {
      for (const prompt of ["prompt0.", "prompt1."]) {
        expect(await compare(model, entry, golden, prompt)).toBeGreaterThan(model.config.nLayers);
      }
    }
    await model.dispose();
  });
}

for (const file of [
  "gpt2/optimum-past.onnx",
  "llama/optimum-past-fused.onnx",
  "bert/optimum-fused.onnx",
]) {
  const entry = floatExports.find((e) => e.file === file);
  test(`${file}: padded prompts are as those without padding`, async () => {
    const model = await openExport(file, runtime);
    const golden = await goldensOf(entry!);
    const types = golden.get("padded.token_type_ids");
    const mask = rows(golden.get("padded.attention_mask")!);
    const { logits } = await model.run({
      tokens: rows(golden.get("padded.input_ids")!),
      attentionMask: mask,
      ...(types && { tokenTypes: rows(types) }),
    });
    const expected = golden.get("padded.logits")!;
    const width = expected.shape[2]!;
    const largest = Math.max(...Array.from(expected.data as Float32Array, Math.abs));
    mask.flat().forEach((real, at) => {
      for (let i = at * width; real && i < (at + 1) * width; i++) {
        expect(Math.abs(Number(logits.data[i]) - Number(expected.data[i])) / largest).toBeLessThan(
          1e-4,
        );
      }
    });
    await model.dispose();
  });
}

test("there are 49 float exports to compare", () => {
  expect(floatExports.length).toBe(49);
});
