/** @file ONNX exports opened in a browser: bytes in, the goldens of transformers out, on wasm and WebGPU. */

import { decodeSafetensors, Model } from "@diopter/model";
import { web } from "@diopter/model/web";
import type { TensorLike } from "@diopter/tensor";
import { describe, expect, inject, test } from "vitest";
import { modelTolerances } from "../tolerances";
import { served } from "./served";

const options = inject("web");
const tolerance = Math.max(1e-4, modelTolerances[options.device]);

describe(`on ${options.device}`, () => {
  test.each([
    ["gpt2/optimum-past.onnx", "hf/gpt2"],
    ["llama/optimum-past.onnx", "hf/llama"],
    ["bert/optimum-fused.onnx", "hf/bert"],
  ])("%s gives logits and every hook of transformers", async (file, folder) => {
    const bytes = await served.read(`onnx/${file}`);
    const golden = await decodeSafetensors(await served.read(`${folder}/golden.f32.safetensors`));
    const model = await Model.fromOnnx(bytes, { runtime: web(options) });
    const types = golden.get("token_type_ids");
    const { logits, cache } = await model.runWithCache({
      tokens: rows(golden.get("input_ids")!),
      ...(types && { tokenTypes: rows(types) }),
    });
    expect(logits).toBeAllclose(golden.get("logits")!, near(golden.get("logits")!));
    let compared = 0;
    for (const [name, expected] of golden) {
      if (!cache.has(name)) continue;
      expect(cache.get(name), name).toBeAllclose(expected, near(expected));
      compared++;
    }
    expect(compared).toBeGreaterThan(6 * model.config.nLayers);
    await model.runtime.dispose();
  });
});

/** Within a share of the largest value. */
function near({ data }: TensorLike) {
  const sizes = Array.from(data as Float32Array, Math.abs).filter(Number.isFinite);
  return { rtol: 0, atol: tolerance * sizes.reduce((most, x) => Math.max(most, x), 0) };
}

function rows(x: TensorLike): number[][] {
  const [count, width] = x.shape as [number, number];
  const all = Array.from(x.data as BigInt64Array, Number);
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width));
}
