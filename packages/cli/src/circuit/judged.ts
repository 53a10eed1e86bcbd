/** @file How much of a model's behaviour a circuit keeps: normalized faithfulness and accuracy, with intervals. */

import {
  type Evaluation,
  faithfulnessIntervals,
  type NotApplicable,
  normalizedFaithfulness,
} from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";
import { type Estimate, intervals } from "@diopter/statistics";

/** What a circuit is judged by; accuracy where prompts have right tokens. */
export function judgedBy({ metric, prompts }: Task): string[] {
  const answered = prompts.every(
    ({ answers, sequence }) => sequence?.every((one) => one.answers?.length) ?? answers.length > 0,
  );
  return [...new Set([metric, ...(answered ? ["accuracy"] : [])])];
}

/** The evaluation, where the ablation means something. Throws `RangeError` with the reason otherwise. */
export function applicable(result: Evaluation | NotApplicable): Evaluation {
  if (result.applicable) return result;
  throw new RangeError(`circuit: not applicable: ${result.reason}`);
}

/** Values of one metric by prompt. */
export function valuesOf(
  { prompts }: Evaluation,
  metric: string,
  of: "circuit" | "model" = "circuit",
): number[] {
  return prompts.map((prompt) => prompt[of][metric]!);
}

/** Mean of a list. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0) / values.length;
}

/** Mean of all f's parts: (circuit - empty) / (model - empty). */
export function faithfulnessOf(circuit: Evaluation, empty: Evaluation, metric: string): number {
  return normalizedFaithfulness(partsOf(circuit, empty, metric)).ratioOfMeans;
}

/** Faithfulness and accuracy with intervals; templates count as one observation each where there are several. */
export function judgedIntervals(
  circuit: Evaluation,
  empty: Evaluation,
  metric: string,
  seed: number,
): { readonly f: Estimate; readonly accuracy: Estimate | undefined } {
  const templates = circuit.prompts.map(({ groups }) => groups.template ?? "");
  const clusters = new Set(templates).size > 1 ? { clusters: templates } : {};
  const f = faithfulnessIntervals(partsOf(circuit, empty, metric), { seed, ...clusters });
  const accuracy = circuit.metrics.includes("accuracy")
    ? intervals(valuesOf(circuit, "accuracy"), { seed, ...clusters }).mean
    : undefined;
  return { f: f.ratioOfMeans, accuracy };
}

function partsOf(circuit: Evaluation, empty: Evaluation, metric: string) {
  return {
    circuit: valuesOf(circuit, metric),
    empty: valuesOf(empty, metric),
    model: valuesOf(circuit, metric, "model"),
  };
}
