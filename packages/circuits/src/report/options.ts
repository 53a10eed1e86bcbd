/** @file What a robustness report can be asked for. */

import type { Ablation } from "../ablation/ablation";
import type { PromptMetric } from "../metrics/prompt-metric";
import type { Progress } from "../run/job";
import type { RunStore } from "../run/store";
import type { Task } from "../task/task";
import type { ReportControls } from "./compared";
import type { ReportOptions } from "./data";
import type { GridPreset } from "./grid";
import { usualMeanSetSizes } from "./mean-sets";

export interface RobustnessOptions {
  /** Which cells; default `miller`. */
  readonly preset?: GridPreset;
  /** Cells of one's own in the place of a preset; axes that are not given are the author's. */
  readonly cells?: readonly Partial<Ablation>[];
  /** What the author's own cell has otherwise than the circuit's component at its positions, resampled in pairs. */
  readonly original?: Partial<Ablation>;
  /** The first is the one that is judged by; the task's metric, accuracy and KL when absent. */
  readonly metrics?: readonly (string | PromptMetric)[];
  /** Of everything that is drawn; default 0. */
  readonly seed?: number;
  /** Connected random circuits of equal size, drawn in three ways in turn; default 100, 0 for none. */
  readonly randomCircuits?: number;
  /** Where they are run: in the author's cell (default), or in all. */
  readonly randomIn?: "original" | "all";
  /** Circuits to set beside it: another task's, and the method on shuffled answers; the page says which is missing. */
  readonly controls?: ReportControls;
  /** Of the bootstrap; default 2000. */
  readonly resamples?: number;
  /** Of the intervals; default 0.95. */
  readonly level?: number;
  /** Group of prompts that count as one observation in intervals and tests; default `template`. */
  readonly cluster?: string;
  /** Sizes of the set that means are taken over, for a curve; `true` is 2, 5, 10, ... as far as prompts go. */
  readonly meanSetSizes?: readonly number[] | boolean;
  /** Draws of each size; default 5. */
  readonly meanSetDraws?: number;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  /** Counted in runs of one circuit under one ablation. */
  readonly onProgress?: (progress: Progress) => void;
  /** Where completed runs are kept and looked for: a job that was broken off goes on where it was, and gives the same numbers. */
  readonly resume?: RunStore;
}

/** Every option with its default filled in. Throws `RangeError` for those out of range. */
export function reportOptions(task: Task, options: RobustnessOptions): ReportOptions {
  const { preset, cells, meanSetSizes = false } = options;
  if (preset !== undefined && cells !== undefined)
    throw new RangeError("robustness: give a preset or cells, not both");
  const chosen: ReportOptions = {
    preset: cells ? "own" : (preset ?? "miller"),
    seed: options.seed ?? 0,
    randomCircuits: options.randomCircuits ?? 100,
    randomIn: options.randomIn ?? "original",
    resamples: options.resamples ?? 2000,
    level: options.level ?? 0.95,
    cluster: options.cluster ?? "template",
    meanSetSizes: meanSetSizes === true ? usualMeanSetSizes(task) : meanSetSizes || [],
    meanSetDraws: options.meanSetDraws ?? 5,
    batchSize: options.batchSize ?? "auto",
  };
  const { randomCircuits, meanSetDraws, resamples, level } = chosen;
  requireCount("randomCircuits", randomCircuits, 0);
  requireCount("resamples", resamples, 1);
  requireCount("meanSetDraws", meanSetDraws, 1);
  for (const size of chosen.meanSetSizes) requireCount("meanSetSizes", size, 2);
  if (!(level > 0 && level < 1))
    throw new RangeError(`robustness: level is ${level}, expected (0, 1)`);
  return chosen;
}

function requireCount(name: string, count: number, least: number): void {
  if (Number.isInteger(count) && count >= least) return;
  throw new RangeError(`robustness: ${name} is ${count}, expected a whole number from ${least}`);
}
