/** @file How the score moves with the number of prompts in a mean (Miller et al. 2024, figure 4). */

import { Random } from "@diopter/tensor";
import { type Ablation, mean } from "../ablation/ablation";
import { meanSlots } from "../ablation/mean-slots";
import { corruptIds, corruptionOf } from "../ablation/token-rows";
import type { CellSpec } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import type { Task, TaskPrompt } from "../task/task";
import type { MeanSetData, ReportOptions } from "./data";
import type { TimedRun } from "./runs";

/** Sizes that a task has enough prompts for: 2, 5, 10, 20, 50, 100, 200. */
export function usualMeanSetSizes(task: Task): number[] {
  const most = smallestGroup(task);
  return [2, 5, 10, 20, 50, 100, 200].filter((size) => size <= most);
}

export interface MeanSetRun {
  readonly size: number;
  readonly spec: CellSpec;
}

/** Every size, drawn several times. */
export function meanSetRuns(
  task: Task,
  circuit: Circuit,
  original: Ablation,
  { meanSetSizes, meanSetDraws, seed }: ReportOptions,
): MeanSetRun[] {
  return meanSetSizes.flatMap((size) =>
    Array.from({ length: meanSetDraws }, (_, draw) => {
      const random = new Random(seed).fork(`mean of ${size}, draw ${draw}`);
      return { size, spec: { circuit, ablation: meanSetAblation(task, original, size, random) } };
    }),
  );
}

/** What the runs gave; nothing where there were none. */
export function measuredMeanSets(
  label: string,
  runs: readonly MeanSetRun[],
  results: readonly TimedRun[],
  metric: string,
): MeanSetData | undefined {
  if (runs.length === 0) return undefined;
  const sizes = [...new Set(runs.map(({ size }) => size))];
  const points = sizes.map((size) => {
    const own = results.filter((_, i) => runs[i]!.size === size).map(({ run }) => run);
    const draws = own.flatMap((run) => (run.applicable ? [run.circuit[metric]!] : []));
    return { size, draws, failed: own.length - draws.length };
  });
  return { label, points };
}

/**
 * The author's cell with the mean over `size` corrupt prompts (clean ones where it restores), of each template where means are by template.
 *
 * Throws `RangeError` when there are fewer prompts.
 */
export function meanSetAblation(
  task: Task,
  original: Ablation,
  size: number,
  random: Random,
): Ablation {
  const { value } = original;
  const named = value.kind === "resample" || value.kind === "mean" ? value.corruption : undefined;
  const corruption = corruptionOf(task, named);
  const slots = meanSlots(task, named === undefined ? {} : { corruption: named });
  const groups = groupsOf(task, slots.by === "group");
  const over = groups.flatMap((prompts) => {
    if (size <= prompts.length) return random.sample(prompts, size);
    throw new RangeError(`robustness: a mean over ${size} of ${prompts.length} prompts`);
  });
  if (original.direction === "restore-clean")
    return { ...original, value: mean({ ...slots, over }) };
  // A set of one's own is read on its clean side.
  const corrupt = over.map((prompt) => ({ ...prompt, clean: corruptIds(prompt, corruption) }));
  return { ...original, value: mean({ ...slots, over: corrupt }) };
}

function groupsOf({ prompts }: Task, byTemplate: boolean): TaskPrompt[][] {
  if (!byTemplate) return [[...prompts]];
  const groups = new Map<string, TaskPrompt[]>();
  for (const prompt of prompts) {
    const { template = "" } = prompt.groups;
    groups.set(template, [...(groups.get(template) ?? []), prompt]);
  }
  return [...groups.values()];
}

function smallestGroup(task: Task): number {
  const slots = meanSlots(task);
  return Math.min(...groupsOf(task, slots.by === "group").map(({ length }) => length));
}
