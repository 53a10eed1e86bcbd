/** @file Cells of a published experiment: circuits under ablations, with what the paper found. */

import type { Model } from "@diopter/model";
import type { Ablation } from "../ablation/ablation";
import { type EvaluatedPrompt, evaluateCells } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import type { CircuitJSON } from "../graph/circuit-json";
import { Job, type Progress } from "../run/job";
import { own } from "../schema/schema";
import type { Task, TaskPrompt } from "../task/task";

/** One cell as the experiment asks for it. */
export interface PaperCell {
  readonly name: string;
  readonly circuit: Circuit;
  readonly ablation: Ablation;
}

/** One cell with the numbers of every prompt. */
export interface RanCell {
  readonly name: string;
  readonly ablation: Ablation;
  readonly circuit: CircuitJSON;
  readonly size: { readonly kept: number; readonly of: number };
  readonly prompts: readonly EvaluatedPrompt[];
}

export interface ReproduceOptions {
  /** Of everything that is drawn; 0 unless told. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Counted in parts of the experiment. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

interface RunOptions extends Pick<ReproduceOptions, "signal"> {
  readonly metrics: readonly string[];
  readonly batchSize?: number | undefined;
  /** Called before every part of the prompts. */
  readonly onPart?: (() => void) | undefined;
}

/**
 * Runs cells on each part of a task by itself, so that means are of one part only, and puts the prompts together.
 *
 * Throws `RangeError` for a cell that means nothing for the task.
 */
export async function runPaperCells(
  model: Model,
  parts: readonly Task[],
  cells: readonly PaperCell[],
  { metrics, batchSize, signal, onPart }: RunOptions,
): Promise<RanCell[]> {
  const ran: RanCell[] = [];
  for (const part of parts) {
    onPart?.();
    const results = await evaluateCells(model, part, cells, {
      metrics,
      ...(batchSize !== undefined && { batchSize }),
      ...(signal && { signal }),
    });
    for (const [i, result] of results.entries()) {
      const { name } = cells[i]!;
      if (!result.applicable) throw new RangeError(`reproduce: "${name}": ${result.reason}`);
      const { ablation, circuit, size, prompts } = result;
      const before = ran[i]?.prompts ?? [];
      ran[i] = { name, ablation, circuit, size, prompts: [...before, ...prompts] };
    }
  }
  return ran;
}

/** A task's prompts apart by the values of some groups, in the order in which they first come. */
export function partsOf(task: Task, groups: readonly string[]): Task[] {
  const parts = new Map<string, TaskPrompt[]>();
  for (const prompt of task.prompts) {
    const key = groups.map((group) => own(prompt.groups, group) ?? "").join("/");
    parts.set(key, [...(parts.get(key) ?? []), prompt]);
  }
  return [...parts.values()].map((prompts) => ({ ...task, prompts }));
}

/** Values of one metric by prompt. */
export function metricOf(
  { prompts }: Pick<RanCell, "prompts">,
  metric: string,
  of: "circuit" | "model" = "circuit",
): number[] {
  return prompts.map((prompt) => prompt[of][metric]!);
}

/** Mean of a list. */
export function average(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0) / values.length;
}

/** Counts parts of a known number, with the time left. */
export function partCounter(total: number, onProgress: ReproduceOptions["onProgress"]): () => void {
  const job = new Job({ onProgress });
  job.expect(total);
  let done = 0;
  return () => job.reach(done++);
}
