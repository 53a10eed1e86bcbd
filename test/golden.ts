/** @file Reference files of every package's tests: numbers in `golden/`, and trained models that may lie beside the repository. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromData, type Tensor, type TensorLike } from "@diopter/tensor";
import type { Tolerance } from "./allclose";

const golden = fileURLToPath(new URL("../golden/", import.meta.url));
const models = fileURLToPath(new URL("../../shared/models/", import.meta.url));

/** Whether there are no trained models here; tests that need them say so in their names. */
export const noTrained = !existsSync(models);

/** Path of something in `golden/`: `goldenPath("hf/gpt2")`. */
export function goldenPath(path: string): string {
  return golden + path;
}

/** Path of a trained model, for tests under `test.skipIf(noTrained)`: `trainedPath("stories260K/hf")`. */
export function trainedPath(path: string): string {
  return models + path;
}

export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

export function readJson<T = Record<string, unknown>>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** All tensors of a safetensors file by name; a reader apart from the one of `@diopter/model`, which is under test. */
export function readTensors(path: string): Map<string, Tensor> {
  const file = readFileSync(path);
  const body = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, body)) as Record<string, Entry>;
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(
    tensors.map(([name, entry]) => {
      const [start, end] = entry.data_offsets;
      // Copied, since a typed array must start at a multiple of its element size.
      const bytes = new Uint8Array(file.subarray(body + start, body + end)).buffer;
      return [name, fromData(dataOf(entry.dtype, bytes), entry.shape)];
    }),
  );
}

function dataOf(dtype: string, bytes: ArrayBuffer) {
  if (dtype === "F64") return new Float64Array(bytes);
  if (dtype === "F32") return new Float32Array(bytes);
  if (dtype === "I64") return new BigInt64Array(bytes);
  throw new RangeError(`golden: no reader for ${dtype}`);
}

/** A tolerance relative to the largest finite |value| of `expected`. */
export function relative({ data }: TensorLike, tolerance: number): Required<Tolerance> {
  const sizes = Array.from(data as Float64Array, Math.abs).filter(Number.isFinite);
  return { rtol: 0, atol: tolerance * sizes.reduce((a, b) => Math.max(a, b), 0) };
}
