/** @file What ablated sources are replaced with, one function per kind: given, noise, zero, resampled, means. */

import { quoted } from "@diopter/graph";
import { hookShape } from "@diopter/model";
import { Random, type TensorLike, zeros } from "@diopter/tensor";
import { type Ablation, type AblationValue, checkValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import { corruptIds, corruptionOf, corruptRow } from "../../ablation/token-rows";
import { embeddingHooks, sourceHooks } from "../../graph/sources";
import type { TaskPrompt } from "../../task/task";
import { readSources } from "../read-sources";
import { meanValues } from "./mean";
import { fixed, type ReplacementContext, type Replacements } from "./replacement";

/**
 * Paired: the prompt's own corruption (its clean side when the corrupt run is being restored). From the set:
 * any prompt's, drawn with replacement among those of equal length; several draws average metrics, not activations.
 */
export function resampleValues(
  value: Extract<AblationValue, { kind: "resample" }>,
  context: ReplacementContext,
): Replacements {
  const { model, shape, task, direction, signal } = context;
  const corruption = corruptionOf(task, value.corruption);
  const other = (prompt: TaskPrompt) =>
    direction === "ablate-clean" ? corruptRow(prompt, corruption) : prompt.clean;
  const read = (rows: readonly (readonly number[])[]) =>
    readSources(model, shape, rows, { signal });
  if (value.from === "paired") return fixed((prompts) => read(prompts.map(other)), { isRun: true });
  const rows = task.prompts.map((prompt) =>
    direction === "ablate-clean" ? corruptIds(prompt, corruption) : prompt.clean,
  );
  const { draws = 1, seed = 0 } = value;
  const draw = (index: number): Replacements => ({
    draws,
    draw,
    isRun: true,
    key: () => "",
    at: (prompts) => read(prompts.map((prompt) => drawn(rows, prompt, seed, index))),
  });
  return draw(0);
}

/** One row as long as the prompt; the choice depends on seed, draw and prompt, not on the batch. */
function drawn(
  rows: readonly (readonly number[])[],
  prompt: TaskPrompt,
  seed: number,
  index: number,
): readonly number[] {
  const fitting = rows.filter((row) => row.length === prompt.clean.length);
  if (fitting.length === 0) {
    throw new NotApplicableError(
      `no corruption has the ${prompt.clean.length} tokens of prompt ${quoted(prompt.id)}`,
    );
  }
  return fitting[new Random(seed).fork(`${prompt.id} ${index}`).integer(0, fitting.length)]!;
}

export function zeroValues({
  model,
  shape,
}: Pick<ReplacementContext, "model" | "shape">): Replacements {
  const values = Object.fromEntries(
    sourceHooks(shape).map((hook) => {
      const rest = hookShape(hook, model.config).slice(2) as number[];
      return [hook, zeros([1, 1, ...rest], "float32")];
    }),
  );
  return fixed(async () => ({ form: "constant", values }));
}

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

export function givenValues(
  { name, activations }: Extract<AblationValue, { kind: "given" }>,
  { shape }: Pick<ReplacementContext, "shape">,
): Replacements {
  const missing = sourceHooks(shape).find((hook) => !(hook in activations.values));
  if (missing) throw new RangeError(`ablation: "${name}" has no values for "${missing}"`);
  return fixed(async (prompts) => {
    if (activations.form === "prompt") {
      throw new NotApplicableError(`values of "${name}" differ by prompt; give them by position`);
    }
    const pos = activations.values[missing ?? sourceHooks(shape)[0]!]!.shape[1];
    if (activations.form === "position" && pos !== prompts[0]!.clean.length) {
      throw new NotApplicableError(
        `values of "${name}" are for ${pos} positions, the prompt has ${prompts[0]!.clean.length}`,
      );
    }
    return activations;
  });
}

/** The numbers of an ablation value. Throws `NotApplicableError` where it means nothing for the task. */
export async function replacementsFor(
  value: Ablation["value"],
  context: ReplacementContext,
): Promise<Replacements> {
  checkValue(value);
  switch (value.kind) {
    case "resample":
      return resampleValues(value, context);
    case "zero":
      return zeroValues(context);
    case "mean":
      return meanValues(value, context);
    case "noise":
      return noiseValues(value, context);
    case "given":
      return givenValues(value, context);
  }
}
