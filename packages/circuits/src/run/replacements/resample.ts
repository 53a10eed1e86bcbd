/** @file Resample ablation: the same source's output on another prompt. */

import { Random } from "@diopter/tensor";
import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import { corruptIds, corruptionOf, corruptRow } from "../../ablation/token-rows";
import { streamHooks } from "../../graph/sources";
import type { TaskPrompt } from "../../task/task";
import { readSources } from "../read-sources";
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
    readSources(model, shape, rows, { also: streamHooks(shape), signal });
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
      `no corruption has the ${prompt.clean.length} tokens of prompt "${prompt.id}"`,
    );
  }
  return fitting[new Random(seed).fork(`${prompt.id} ${index}`).integer(0, fitting.length)]!;
}
