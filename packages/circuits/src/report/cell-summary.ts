/** @file What follows from one cell's values: recovery with intervals, normalized faithfulness, controls. */

import {
  type IntervalOptions,
  intervals,
  type MeanIntervals,
  quantile,
  type RatioIntervals,
  type RatioSummary,
} from "@diopter/statistics";
import { normalizedFaithfulness } from "../metrics/normalized-faithfulness";
import { type Recovery, recovered, recoveryIntervals } from "../metrics/recovered";
import { own } from "../schema/schema";
import type { CellLevels } from "./cell-words";
import type { CellData, NoRun, RandomData, RobustnessData, RunData } from "./data";
import { type RandomKind, randomKinds } from "./random-circuits";
import { medianOf, runScores, type ScoreScale, scoresOf } from "./score-scale";

/** Connected random circuits of equal size under the same ablation. */
export interface RandomSummary {
  readonly count: number;
  /** Percent of them that do worse than the circuit, equal ones counted by half: worse is less, or more of a divergence. */
  readonly percentile: number;
  /** The same by how they were drawn. */
  readonly byKind: readonly {
    readonly kind: RandomKind;
    readonly count: number;
    readonly percentile: number;
    readonly median: number;
  }[];
  readonly median: number;
  /** 5th and 95th percentile of their scores. */
  readonly low: number;
  readonly high: number;
}

interface AnyCell {
  readonly label: string;
  /** Whether it is the author's own cell. */
  readonly original: boolean;
  readonly levels: CellLevels;
  readonly asks: "sufficiency" | "necessity";
  readonly reading: string;
}

/** A cell without numbers. */
export interface CellWithout extends AnyCell, NoRun {}

export interface CellSummary extends AnyCell {
  readonly applicable: true;
  readonly size: RunData["size"];
  readonly engine: RunData["engine"];
  /** By prompt that has one, see `ScoreScale`. */
  readonly scores: readonly number[];
  /** Median of the scores. */
  readonly score: number;
  /** R1, R2, median, covariance gap and prompts without a share; where scores are shares. */
  readonly recovery?: Recovery;
  /** Of R1, R2 and median, or of mean and median; missing with fewer than 2 prompts. */
  readonly intervals?: RatioIntervals | MeanIntervals;
  /** Means over prompts by metric. */
  readonly means: Readonly<Record<string, { readonly circuit: number; readonly model: number }>>;
  /** f on the scale from this cell's empty circuit to the model, with the empty circuit's mean value. */
  readonly faithfulness?: RatioSummary & { readonly empty: number };
  /** Median scores of the controls. */
  readonly full?: number;
  readonly empty?: number;
  readonly random?: RandomSummary;
}

/** The summary of one cell of a report. */
export function cellSummary(
  data: RobustnessData,
  index: number,
  scale: ScoreScale,
): CellSummary | CellWithout {
  const cell = data.cells[index]!;
  const { label, levels, asks, reading, run } = cell;
  const about = { label, original: index === 0, levels, asks, reading };
  if (!run.applicable) return { ...about, ...run };
  const { metric } = scale;
  const [circuit, model] = [run.circuit[metric]!, run.model[metric]!];
  const scores = runScores(run, scale);
  const isShare = scale.kind === "recovered";
  return {
    ...about,
    applicable: true,
    size: run.size,
    engine: run.engine,
    scores,
    score: medianOf(scores),
    ...(isShare ? { recovery: recovered(circuit, model) } : {}),
    ...(circuit.length > 1
      ? {
          intervals: isShare
            ? recoveryIntervals(circuit, model, intervalOptions(data))
            : intervals(circuit, intervalOptions(data)),
        }
      : {}),
    means: meansOf(run),
    ...controlsOf(data, cell, run, scale),
    ...(cell.random ? { random: randomSummary(data, cell.random, scores, model, scale) } : {}),
  };
}

/** Options of every interval and test of a report; clusters only where there are two. */
export function intervalOptions(
  { options, prompts }: RobustnessData,
  among: readonly number[] = prompts.map((_, i) => i),
): IntervalOptions {
  const { seed, resamples, level, cluster } = options;
  const clusters = among.map((i) => own(prompts[i]!.groups, cluster) ?? "");
  const enough = !clusters.includes("") && new Set(clusters).size > 1;
  return { seed, resamples, level, ...(enough ? { clusters } : {}) };
}

function meansOf({ circuit, model }: RunData): CellSummary["means"] {
  const names = Object.keys(circuit);
  const pairs = names.map((name) => [
    name,
    { circuit: meanOf(circuit[name]!), model: meanOf(model[name]!) },
  ]);
  return Object.fromEntries(pairs);
}

function controlsOf(
  { controls }: RobustnessData,
  cell: CellData,
  run: RunData,
  scale: ScoreScale,
): Pick<CellSummary, "faithfulness" | "full" | "empty"> {
  const runOf = (index: number | undefined) => {
    const control = index === undefined ? undefined : controls[index]!.run;
    return control?.applicable ? control : undefined;
  };
  const [full, empty] = [runOf(cell.controls.full), runOf(cell.controls.empty)];
  return {
    ...(full ? { full: medianOf(runScores(full, scale)) } : {}),
    ...(empty
      ? { empty: medianOf(runScores(empty, scale)), ...faithfulnessOf(run, empty, scale) }
      : {}),
  };
}

/** Missing where the empty circuit does as well as the model, so that there is no scale between them. */
function faithfulnessOf(
  run: RunData,
  control: RunData,
  { metric }: ScoreScale,
): Pick<CellSummary, "faithfulness"> {
  const [circuit, model] = [run.circuit[metric]!, run.model[metric]!];
  const empty = control.circuit[metric]!;
  const whole = model.reduce((sum, value, i) => sum + value - empty[i]!, 0);
  if (whole === 0) return {};
  const summary = normalizedFaithfulness({ circuit, empty, model });
  return { faithfulness: { ...summary, empty: meanOf(empty) } };
}

function randomSummary(
  { metrics }: RobustnessData,
  { kinds, values }: RandomData,
  scores: readonly number[],
  model: readonly number[],
  scale: ScoreScale,
): RandomSummary {
  const medians = values.map((one) => medianOf(scoresOf(one, model, scale)));
  const score = medianOf(scores);
  const sign = metrics[0]!.better === "lower" ? -1 : 1;
  const percentile = (among: readonly number[]) => {
    const worse = among.filter((median) => sign * median < sign * score).length;
    const equal = among.filter((median) => median === score).length;
    return (100 * (worse + equal / 2)) / among.length;
  };
  const byKind = randomKinds.flatMap((kind) => {
    const own = medians.filter((_, i) => kinds[i] === kind);
    if (own.length === 0) return [];
    return [{ kind, count: own.length, percentile: percentile(own), median: medianOf(own) }];
  });
  return {
    count: medians.length,
    percentile: percentile(medians),
    byKind,
    median: medianOf(medians),
    low: quantile(medians, 0.05),
    high: quantile(medians, 0.95),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
