/** @file Noise ablation: a run on disturbed embeddings (Meng et al. 2022), or every source disturbed by itself. */

import { Random, type TensorLike } from "@diopter/tensor";
import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import { embeddingHooks } from "../../graph/sources";
import type { TaskPrompt } from "../../task/task";
import { readSources } from "../read-sources";
import { fixed, type ReplacementContext, type Replacements } from "./replacement";

/** Gaussian noise of `scale` times the standard deviation of what it is added to, drawn per prompt. */
export function noiseValues(
  { at, scale, seed }: Extract<AblationValue, { kind: "noise" }>,
  { model, shape, direction, signal }: ReplacementContext,
): Replacements {
  if (direction === "restore-clean") {
    throw new NotApplicableError("restoring the clean run puts back what it was, not noise");
  }
  const embeddings = embeddingHooks(shape);
  const disturb = (prompts: readonly TaskPrompt[], values: Record<string, TensorLike>) =>
    Object.fromEntries(
      Object.entries(values).map(([hook, value]) => [
        hook,
        disturbed(value, (row) => new Random(seed).fork(`${prompts[row]!.id} ${hook}`), scale),
      ]),
    );
  return fixed(
    async (prompts) => {
      const rows = prompts.map(({ clean }) => clean);
      const clean = await readSources(model, shape, rows, { signal });
      if (at === "sources") return { form: "prompt", values: disturb(prompts, clean.values) };
      const picked = Object.fromEntries(embeddings.map((hook) => [hook, clean.values[hook]!]));
      return readSources(model, shape, rows, { start: disturb(prompts, picked), signal });
    },
    { isRun: at === "embedding" },
  );
}

function disturbed(
  value: TensorLike,
  generator: (row: number) => Random,
  scale: number,
): TensorLike {
  const rows = value.shape[0]!;
  const size = value.data.length / rows;
  const data = Float64Array.from(value.data as Float32Array);
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * size, (row + 1) * size);
    const noise = generator(row).normal([size], { std: scale * deviation(own) }).data;
    for (let i = 0; i < size; i++) own[i]! += noise[i] as number;
  }
  return { dtype: "float64", shape: value.shape, data };
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}
