/** @file Weights in TransformerLens's shapes, and where they stop being numbers. */

import { checkFinite, loadCheckpoint, requireFinite, Weights } from "@diopter/model";
import { fromData, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readBytes, readJson, readTensors } from "../../../test/golden";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

async function tiny(): Promise<Weights> {
  const { config, weights } = await loadCheckpoint({ config: tinyConfig, weights: tinyWeights() });
  return new Weights(config, weights);
}

test("accessors give back TransformerLens's own tensors", async () => {
  const folder = goldenPath("transformerlens/a");
  const original = readTensors(`${folder}/weights.safetensors`);
  const the = (name: string) => original.get(name) as TensorLike;
  const { config, weights } = await loadCheckpoint({
    config: readJson(`${folder}/config.json`),
    weights: readBytes(`${folder}/weights.safetensors`),
  });
  const w = new Weights(config, weights);
  expect(w.W_E).toBeAllclose(the("embed.W_E"), { rtol: 0, atol: 0 });
  expect(w.W_pos).toBeAllclose(the("pos_embed.W_pos"), { rtol: 0, atol: 0 });
  expect(w.W_U).toBeAllclose(the("unembed.W_U"), { rtol: 0, atol: 0 });
  expect(w.b_U).toBeAllclose(the("unembed.b_U"), { rtol: 0, atol: 0 });
  for (const layer of [0, 1, 2]) {
    for (const name of ["W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V", "b_O"] as const) {
      const expected = the(`blocks.${layer}.attn.${name}`);
      expect(w[name](layer)).toBeAllclose(expected, { rtol: 0, atol: 0 });
    }
    for (const name of ["W_in", "W_out", "b_in", "b_out"] as const) {
      const expected = the(`blocks.${layer}.mlp.${name}`);
      expect(w[name](layer)).toBeAllclose(expected, { rtol: 0, atol: 0 });
    }
  }
});

test("grouped keys repeat for the query heads of their group", async () => {
  const { config, weights } = await loadCheckpoint(goldenPath("hf/llama"));
  const w = new Weights(config, weights);
  // 4 query heads over 2 key heads of 8: query heads 2 and 3 share rows 8..15 of k_proj [out, in].
  const file = readTensors(goldenPath("hf/llama/model.safetensors"));
  const projection = file.get("model.layers.1.self_attn.k_proj.weight") as TensorLike<"float32">;
  const W_K = w.W_K(1);
  expect(W_K.shape).toEqual([4, 32, 8]);
  for (const head of [2, 3]) {
    expect(W_K.at(head, 20, 5)).toBe(projection.data[(8 + 5) * 32 + 20]);
  }
  expect(W_K.at(1, 20, 5)).toBe(projection.data[5 * 32 + 20]);
});

test("a tied unembedding is the transposed embedding, and counts once", async () => {
  const { config, weights } = await loadCheckpoint(goldenPath("hf/gpt2"));
  const w = new Weights(config, weights);
  expect(w.W_U.shape).toEqual([24, 97]);
  expect(w.W_U.at(3, 50)).toBe(w.W_E.at(50, 3));
  const block = 4 * 24 + (24 * 72 + 72) + (24 * 24 + 24) + (24 * 96 + 96) + (96 * 24 + 24);
  expect(w.parameterCount).toBe(97 * 24 + 32 * 24 + 3 * block + 2 * 24);
  expect(w.bytes).toBe(4 * w.parameterCount);
});

test("a bias that the checkpoint lacks reads as zeros", async () => {
  const { "blocks.0.attn.b_V": _, "unembed.b_U": __, ...rest } = tinyWeights();
  const { config, weights } = await loadCheckpoint({ config: tinyConfig, weights: rest });
  const w = new Weights(config, weights);
  expect(w.b_V(0).toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(w.b_U.toArray()).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test("what a model has no place for is a RangeError", async () => {
  const w = await tiny();
  expect(() => w.W_gate(0)).toThrow(
    new RangeError('weights: this hooked model has no "blocks.0.mlp.W_gate"'),
  );
  expect(() => w.W_Q(2)).toThrow(new RangeError("weights: no layer 2; layers go from 0 to 1"));
  expect(() => w.W_Q(-1)).toThrow(RangeError);
});

test("the first value that is not finite is found, on request", async () => {
  const weights = new Map<string, TensorLike>([
    ["a", fromData(new Float32Array([1, 2]), [2])],
    ["b", fromData(new Float32Array([1, 2, 3, 4, Number.NaN, 6]), [2, 3])],
    ["c", fromData(new Float32Array([Number.POSITIVE_INFINITY]), [1])],
  ]);
  expect(checkFinite(weights)).toEqual({ name: "b", index: [1, 1], value: Number.NaN });
  expect(() => requireFinite(weights)).toThrow(
    new RangeError('weights: "b" holds NaN at [1, 1], the first value that is not finite'),
  );
  weights.delete("b");
  expect(checkFinite(weights)).toEqual({ name: "c", index: [0], value: Number.POSITIVE_INFINITY });
  weights.delete("c");
  expect(checkFinite(weights)).toBeUndefined();
  expect(() => requireFinite(weights)).not.toThrow();
});
