/** @file How unfaithful a masked run is, and how that changes with what the graph computes. */

import type { Model } from "@diopter/model";
import type { Task } from "../../task/task";
import { type MetricChoice, metricChoice } from "../task-metric";

/**
 * What masks are learned to keep: small `kl` or `mse` to the model, a large metric, or `logit-difference-percent`:
 * mean |100 - 100 circuit / model|.
 */
export type Faithfulness = MetricChoice | "logit-difference-percent";

/** What the graph computes for a loss. Throws `RangeError` for unknown names and for a metric that does not fit the task. */
export function measuredFor(model: Model, task: Task, metric: Faithfulness): MetricChoice {
  return metricChoice(
    model,
    task,
    metric === "logit-difference-percent" ? "logit-difference" : metric,
  );
}

/** Loss of one prompt and its derivative by the metric; `model` is the metric of the full model. */
export function faithfulnessLoss(
  loss: Faithfulness,
  value: number,
  model: number,
): { readonly loss: number; readonly slope: number } {
  if (loss === "kl" || loss === "mse") return { loss: value, slope: 1 };
  if (loss !== "logit-difference-percent") return { loss: -value, slope: -1 };
  if (model === 0)
    throw new RangeError("mask learning: a prompt on which the model has no margin has no percent");
  const missing = 100 - (100 * value) / model;
  return { loss: Math.abs(missing), slope: (-Math.sign(missing) * 100) / model };
}
