/** @file The ordinary run on the corrupt prompts, judged by the clean prompts' answers. */

import type { Model } from "@diopter/model";
import { corruptionOf, corruptRow } from "../ablation/token-rows";
import type { PromptMetric } from "../metrics/prompt-metric";
import { batchesOf } from "../run/batches";
import { runPlain } from "../run/run-batch";
import type { Task } from "../task/task";
import type { MetricValues } from "./report-data";

export interface CorruptRunOptions {
  readonly metrics: readonly PromptMetric[];
  readonly corruption?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Values of metrics that look at one run only, by prompt. Throws `NotApplicableError` over unequal lengths. */
export async function corruptRun(
  model: Model,
  task: Task,
  { metrics, corruption, batchSize = 64, signal }: CorruptRunOptions,
): Promise<MetricValues> {
  const name = corruptionOf(task, corruption);
  const values: Record<string, number[]> = Object.fromEntries(metrics.map((m) => [m.name, []]));
  for (const { prompts, indices } of batchesOf(task.prompts, batchSize)) {
    const rows = prompts.map((prompt) => corruptRow(prompt, name));
    const logits = await runPlain({ model, prompts, rows, signal });
    for (const [i, index] of indices.entries()) {
      const answered = { prompt: prompts[i]!, model: logits[i]!, circuit: logits[i]! };
      for (const metric of metrics) values[metric.name]![index] = metric.value(answered, task);
    }
  }
  return values;
}
