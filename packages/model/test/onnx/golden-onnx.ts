/** @file The reference exports of `golden/onnx`: their index, the values behind their hooks, their golden folders. */

import { Model, type Runtime } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";

export interface Export {
  readonly file: string;
  readonly family: string;
  readonly route: string;
  readonly golden: string;
}

/** `[value, "axes as [shape]", factor]` per value. */
export type FoundValue = readonly [value: string, axes: string, factor?: number];

export interface HookRecord {
  readonly found: Readonly<Record<string, readonly FoundValue[]>>;
  readonly absent: readonly string[];
}

export const exports: readonly Export[] = readJson<Export[]>(goldenPath("onnx/index.json"));
export const hookRecords: Readonly<Record<string, HookRecord>> = readJson<
  Record<string, HookRecord>
>(goldenPath("onnx/hooks.json"));

/** Exports whose numbers are those of the goldens. */
export const floatExports: readonly Export[] = exports.filter(({ file }) => file in hookRecords);
export const quantizedExports: readonly Export[] = exports.filter(
  ({ file }) => !(file in hookRecords),
);

export function onnxPath(file: string): string {
  return goldenPath(`onnx/${file}`);
}

export function openExport(file: string, runtime: Runtime): Promise<Model> {
  return Model.fromOnnx(onnxPath(file), { runtime });
}

/** The golden tensors of an export's model, float32. */
export async function goldensOf({ golden }: Export): Promise<Map<string, TensorLike>> {
  return readTensors(goldenPath(`${golden}/golden.f32.safetensors`));
}

/** Rows of a matrix of whole numbers. */
export function rows(x: TensorLike): number[][] {
  const [count, width] = x.shape as [number, number];
  const all = Array.from(x.data as BigInt64Array, Number);
  return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width));
}

/** The largest difference relative to the largest value; infinities must be in the same places. */
export function distance(got: TensorLike, expected: TensorLike): number {
  if (got.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  const [x, y] = [got.data as Float32Array, expected.data as Float32Array];
  let [largest, worst] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    if (Number.isFinite(y[i]!)) largest = Math.max(largest, Math.abs(y[i]!));
    if (x[i] !== y[i]) worst = Math.max(worst, Math.abs(x[i]! - y[i]!));
  }
  return worst / (largest || 1);
}
