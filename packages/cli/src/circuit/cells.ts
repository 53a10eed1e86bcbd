/** @file Cells of an ablation grid from lists of levels, and what a row about one is called. */

import {
  type Ablation,
  type AblationValue,
  ablationOf,
  type Circuit,
  mean,
  meanSlots,
  noise,
  resample,
  zero,
} from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";

export const valueNames = ["resample", "mean", "zero", "noise"] as const;

/** Levels by axis. */
export interface CellLevels {
  readonly component: readonly Ablation["component"][];
  readonly value: readonly (typeof valueNames)[number][];
  readonly tokens: readonly ("all" | "specific")[];
  readonly direction: Ablation["direction"];
  readonly set: Ablation["set"];
}

export interface NamedCell {
  readonly component: string;
  readonly value: string;
  readonly tokens: string;
  readonly ablation: Ablation;
}

/** Every combination, for a circuit's own inputs and embeddings. */
export function cellsOf(
  task: Task,
  { shape }: Circuit,
  levels: CellLevels,
  seed: number,
): NamedCell[] {
  const { direction, set } = levels;
  return levels.component.flatMap((component) =>
    levels.value.flatMap((value) =>
      levels.tokens.map((tokens) => ({
        component,
        value,
        tokens,
        ablation: ablationOf({
          granularity: shape.inputs,
          embedding: shape.embedding,
          component,
          value: valueNamed(value, task, seed),
          tokens,
          direction,
          set,
        }),
      })),
    ),
  );
}

function valueNamed(name: (typeof valueNames)[number], task: Task, seed: number): AblationValue {
  if (name === "mean") return mean({ over: "corrupt", ...meanSlots(task) });
  if (name === "noise") return noise({ seed });
  return name === "zero" ? zero() : resample();
}
