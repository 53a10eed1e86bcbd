/** @file What stands in for sources, batch by batch: the form that every ablation value takes. */

import type { Model } from "@diopter/model";
import type { Ablation } from "../../ablation/ablation";
import type { Activations } from "../../ablation/activations";
import type { GraphShape } from "../../graph/shape";
import type { Task, TaskPrompt } from "../../task/task";

/** Where values come from. */
export interface ReplacementContext {
  readonly model: Model;
  readonly shape: GraphShape;
  readonly task: Task;
  readonly direction: Ablation["direction"];
  /** Prompts read at a time. */
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

/** Values for one batch of equally long prompts after another. */
export interface Replacements {
  /** Prompts of one batch must agree in this. */
  key(prompt: TaskPrompt): string;
  at(prompts: readonly TaskPrompt[]): Promise<Activations>;
  /** Independent draws, whose metrics are averaged; one for values that are not drawn. */
  readonly draws: number;
  /** The same for a later draw. */
  draw(index: number): Replacements;
  /** Whether what is patched in is a run's own activations: a node that only sees them writes them. */
  readonly isRun: boolean;
}

/** Replacements that are not drawn. */
export function fixed(
  at: Replacements["at"],
  { key = () => "", isRun = false }: Partial<Pick<Replacements, "key" | "isRun">> = {},
): Replacements {
  const values: Replacements = { key, at, draws: 1, draw: () => values, isRun };
  return values;
}
