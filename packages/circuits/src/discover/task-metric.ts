/** @file The metrics of a task that a gradient can be taken of, as pieces of graph: one number per prompt. */

import { didYouMean, quoted, type Value } from "@diopter/graph";
import {
  builtOnce,
  checkedMetric,
  type ExtensionContext,
  type Metric,
  type Model,
  metric,
  metricRows,
} from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { logSumExpOf, type Row } from "../metrics/rows";
import type { Batch } from "../run/batches";
import type { Task, TaskPrompt } from "../task/task";

/** Metrics of a task that a gradient can be taken of; higher is better for all but `kl` and `mse`. */
export const taskMetricNames = [
  "logit-difference",
  "answer-logit",
  "probability",
  "log-probability",
  "probability-difference",
  "kl",
  "mse",
] as const;
export type TaskMetricName = (typeof taskMetricNames)[number];

/** The metric of a name. Throws `RangeError` with the nearest where there is none. */
export function taskMetricName(name: string): TaskMetricName {
  const found = taskMetricNames.find((known) => known === name);
  if (found) return found;
  throw new RangeError(
    `metric: no ${quoted(name)} to differentiate${didYouMean(name, taskMetricNames)}`,
  );
}

/**
 * A metric of a task for a batch of prompts, [batch].
 *
 * Answers and wrong answers are averaged; sequence tasks are averaged over their positions. `kl` and `mse` compare
 * with `model`, the full model's logits by prompt: both are at their minimum there, where all gradients vanish.
 */
export function taskMetric(
  name: TaskMetricName,
  prompts: readonly TaskPrompt[],
  {
    dVocabOut,
    pos,
    model,
  }: { dVocabOut: number; pos: number; model?: readonly (readonly Row[])[] },
): Metric {
  const rows = prompts.map((prompt) => prompt.sequence?.length ?? 1);
  const everywhere = prompts.some(({ sequence }) => sequence);
  const weights = weightFeed(name, prompts, { dVocabOut, pos, everywhere });
  const feeds: Record<string, TensorLike> = { weights };
  if (name === "kl" || name === "mse") {
    if (!model) throw new RangeError(`metric: "${name}" compares with the full model's logits`);
    feeds.model = modelFeed(name, prompts, model, { dVocabOut, pos, everywhere });
    feeds.read = readFeed(prompts, rows, { pos, everywhere });
  }
  return metric({
    name,
    feeds,
    build: builtOnce(
      [taskMetric],
      [name, everywhere],
      () => (e: ExtensionContext) => build(name, e, everywhere),
    ),
  });
}

function build(name: TaskMetricName, e: ExtensionContext, everywhere: boolean): Value {
  const { b, config, float } = e;
  const logits = e.logits(everywhere ? "all" : "last"); // [batch, pos?, dVocabOut]
  const dims = everywhere ? ["batch", "pos"] : ["batch"];
  const axes = dims.map((_, axis) => axis + 1);
  const wide = (feed: string) => e.feed(feed, float, [...dims, config.dVocabOut]);
  const summed = (x: Value) => b.sum(x, axes, false);
  switch (name) {
    case "logit-difference":
    case "answer-logit":
      return summed(b.mul(logits, wide("weights")));
    case "probability":
    case "probability-difference":
      return summed(b.mul(b.softmax(logits, -1), wide("weights")));
    case "log-probability":
      return summed(b.mul(b.logSoftmax(logits, -1), wide("weights")));
    case "kl": {
      const read = e.feed("read", float, dims);
      const other = wide("model"); // log-probabilities of the model
      const each = b.mul(b.exp(other), b.sub(other, b.logSoftmax(logits, -1)));
      const perRow = b.sum(each, [-1], false);
      return everywhere ? b.sum(b.mul(perRow, read), [1], false) : b.mul(perRow, read);
    }
    case "mse": {
      const apart = b.mul(b.sub(logits, wide("model")), wide("weights"));
      return summed(b.mul(apart, b.sub(logits, wide("model"))));
    }
  }
}

interface Layout {
  readonly dVocabOut: number;
  readonly pos: number;
  readonly everywhere: boolean;
}

/** How much each logit counts: +1 / answers, -1 / wrong answers, over positions. */
function weightFeed(
  name: TaskMetricName,
  prompts: readonly TaskPrompt[],
  { dVocabOut, pos, everywhere }: Layout,
): TensorLike {
  const slots = everywhere ? pos : 1;
  const data = new Float32Array(prompts.length * slots * dVocabOut);
  prompts.forEach((prompt, row) => {
    const asked = prompt.sequence ?? [{ pos: 0, answers: prompt.answers, wrong: prompt.wrong }];
    for (const { pos: at, answers = [], wrong = [] } of asked) {
      const start = (row * slots + (everywhere ? at : 0)) * dVocabOut;
      const add = (tokens: readonly number[], weight: number) => {
        for (const token of tokens) data[start + token]! += weight / tokens.length / asked.length;
      };
      if (answers.length === 0 && name !== "kl")
        throw new RangeError(`metric: prompt ${quoted(prompt.id)} has no answers`);
      add(answers, 1);
      if (name === "logit-difference" || name === "probability-difference") {
        if (wrong.length === 0)
          throw new RangeError(`metric: prompt ${quoted(prompt.id)} has no wrong answers`);
        add(wrong, -1);
      }
    }
  });
  const shape = everywhere ? [prompts.length, pos, dVocabOut] : [prompts.length, dVocabOut];
  return { dtype: "float32", shape, data };
}

function modelFeed(
  name: TaskMetricName,
  prompts: readonly TaskPrompt[],
  model: readonly (readonly Row[])[],
  { dVocabOut, pos, everywhere }: Layout,
): TensorLike {
  const slots = everywhere ? pos : 1;
  const data = new Float64Array(prompts.length * slots * dVocabOut);
  prompts.forEach((prompt, row) => {
    model[row]!.forEach((logits, i) => {
      const at = prompt.sequence ? prompt.sequence[i]!.pos : 0;
      const shift = name === "kl" ? logSumExpOf(logits) : 0;
      const start = (row * slots + at) * dVocabOut;
      for (let v = 0; v < dVocabOut; v++) data[start + v] = logits[v]! - shift;
    });
  });
  const shape = everywhere ? [prompts.length, pos, dVocabOut] : [prompts.length, dVocabOut];
  return { dtype: "float64", shape, data };
}

function readFeed(
  prompts: readonly TaskPrompt[],
  rows: readonly number[],
  { pos, everywhere }: Pick<Layout, "pos" | "everywhere">,
): TensorLike {
  const slots = everywhere ? pos : 1;
  const data = new Float32Array(prompts.length * slots);
  prompts.forEach(({ sequence }, row) => {
    for (const at of sequence?.map((answer) => answer.pos) ?? [0])
      data[row * slots + at] = 1 / rows[row]!;
  });
  return { dtype: "float32", shape: everywhere ? [prompts.length, pos] : [prompts.length], data };
}

/** What is differentiated: a metric of the task by its name, or one of one's own over the task's prompts. */
export type MetricChoice = TaskMetricName | Metric;

/** The choice, checked. Throws `RangeError` for unknown names and for a metric that does not fit the task. */
export function metricChoice(
  { config }: Pick<Model, "config">,
  task: Task,
  metric: string | Metric = task.metric,
): MetricChoice {
  if (typeof metric === "string") return taskMetricName(metric);
  return checkedMetric(metric, task.prompts.length, config.dVocabOut);
}

/** The name of a choice, for records. */
export function nameOf(choice: MetricChoice): string {
  return typeof choice === "string" ? choice : choice.name;
}

/** The metric of one batch; `model` is asked for where it compares with the full model's logits. */
export async function metricOfBatch(
  choice: MetricChoice,
  { prompts, indices }: Batch,
  dVocabOut: number,
  model: () => Promise<readonly (readonly Row[])[]>,
): Promise<Metric> {
  if (typeof choice !== "string") return metricRows(choice, indices);
  const compared = choice === "kl" || choice === "mse";
  return taskMetric(choice, prompts, {
    dVocabOut,
    pos: prompts[0]!.clean.length,
    ...(compared && { model: await model() }),
  });
}
