/** @file Whose the state of a long job is: by model, task and everything else that decides its numbers. */

import type { JobIdentity, Model } from "@diopter/model";
import type { PromptMetric } from "../metrics/prompt-metric";
import type { Task } from "../task/task";

/** Equal to the version in package.json, which a test checks; code for browsers cannot read that file. */
export const version = "0.1.0";

/** The identity of a job on a task; see `Model.identifyJob`. */
export function identifyTaskJob(
  model: Model,
  kind: string,
  facts: { readonly task: Task } & Readonly<Record<string, unknown>>,
): Promise<JobIdentity> {
  return model.identifyJob(kind, version, facts);
}

/** A metric as it is told from others: functions are known by their name. */
export function metricFact(metric: string | PromptMetric): unknown {
  return typeof metric === "string" ? metric : { ...metric, value: undefined };
}
