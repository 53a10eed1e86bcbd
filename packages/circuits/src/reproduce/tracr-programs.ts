/** @file The two compiled programs, with their sequences, their circuits and what is asked of them. */

import type { Model } from "@diopter/model";
import type { TaskMetricName } from "../discover/task-metric";
import type { Circuit } from "../graph/circuit";
import { reverseCircuit, xProportionCircuit } from "../known/tracr";
import { tracrReverse, tracrXProportion } from "../task/generators/tracr";
import type { Task } from "../task/task";

/** The compiled models; `@diopter/tiny-models` has both. */
export interface TracrModels {
  /** Outputs [batch, pos, 3] are logits. */
  readonly reverse: Model;
  /** The output [batch, pos, 1] is a number. */
  readonly xProportion: Model;
}

export type TracrProgramName = "reverse" | "x-proportion";

/** What a search is told about a program. */
export interface TracrProgram {
  readonly name: TracrProgramName;
  readonly model: Model;
  readonly task: Task;
  /** Distance from the model's output: KL of logits, squared error of a number. */
  readonly distance: "kl" | "mse-model";
  /** What a gradient is taken of; a distance from the model has none at the model. */
  readonly metric: TaskMetricName;
  /** Ground truth by the ablation that asks for it. */
  readonly truths: { readonly resample: Circuit; readonly zero: Circuit };
}

/** Both programs with all their sequences, or `n` of each. */
export function tracrPrograms(
  { reverse, xProportion }: TracrModels,
  { n, seed }: { readonly n?: number | undefined; readonly seed?: number | undefined },
): TracrProgram[] {
  return [
    {
      name: "reverse",
      model: reverse,
      task: tracrReverse({ n, seed }),
      distance: "kl",
      metric: "logit-difference",
      truths: { resample: reverseCircuit("resample"), zero: reverseCircuit("zero") },
    },
    {
      name: "x-proportion",
      model: xProportion,
      task: withOutput(tracrXProportion({ n, seed })),
      distance: "mse-model",
      metric: "answer-logit",
      truths: { resample: xProportionCircuit("resample"), zero: xProportionCircuit("zero") },
    },
  ];
}

/** Says at which output the number is read: the only one, as if it were the logit of an answer. */
function withOutput(task: Task): Task {
  const prompts = task.prompts.map((prompt) => ({
    ...prompt,
    sequence: prompt.sequence!.map((answer) => ({ ...answer, answers: [0] })),
  }));
  return { ...task, prompts };
}
