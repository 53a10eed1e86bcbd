/** @file The smallest circuit that keeps enough of the model's behaviour, scanning sizes upward. */

import {
  type Ablation,
  ablationOf,
  Circuit,
  type Evaluation,
  evaluateCells,
  type Scores,
} from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";
import type { Model } from "@diopter/model";
import { applicable, faithfulnessOf, judgedBy, meanOf, valuesOf } from "./judged";

/** One size that was tried. */
export interface TriedCircuit {
  /** Edges taken before pruning. */
  readonly asked: number;
  readonly circuit: Circuit;
  readonly evaluation: Evaluation;
  readonly f: number;
  /** Undefined where prompts have no right tokens. */
  readonly accuracy: number | undefined;
}

export interface SizeSearch {
  /** Every size tried, the smallest first. */
  readonly tried: readonly TriedCircuit[];
  /** The smallest that is good enough; of all edges, the whole model is. */
  readonly smallest: TriedCircuit;
  /** With everything ablated. */
  readonly empty: Evaluation;
  readonly metric: string;
  readonly ablation: Ablation;
  /** Accuracy of the model. */
  readonly modelAccuracy: number | undefined;
}

export interface SizeSearchOptions {
  /** The only size to try, in place of a search. */
  readonly edges?: number | undefined;
  /** Least f, 0.9 unless told. */
  readonly faithfulness?: number | undefined;
  /** Least accuracy as a share of the model's, 0.9 unless told. */
  readonly accuracy?: number | undefined;
  readonly signal: AbortSignal;
  readonly onTried?: (asked: number, of: number) => void;
}

/** Circuits judged together: they share the runs of the model. */
const together = 8;

/**
 * Takes the best edges, a tenth more at every rung, prunes what leads nowhere, and judges each circuit on `task` with
 * all other edges resampled; then tries sizes below the first rung that is good enough. Throws `RangeError` when none is.
 */
export async function smallestCircuit(
  model: Model,
  task: Task,
  scores: Scores<"edge">,
  options: SizeSearchOptions,
): Promise<SizeSearch> {
  const { edges, signal, onTried } = options;
  const ablation = ablationOf();
  const metrics = judgedBy(task);
  const [metric] = metrics as [string];
  const run = async (circuits: readonly Circuit[]) => {
    const specs = circuits.map((circuit) => ({ circuit, ablation }));
    return (await evaluateCells(model, task, specs, { metrics, signal })).map(applicable);
  };
  const { edgeCount, shape } = scores.graph;
  const none = Circuit.ofEdges(shape, [], { name: "everything ablated", version: "1" });
  const empty = (await run([none]))[0]!;
  const modelAccuracy = metrics.includes("accuracy")
    ? meanOf(valuesOf(empty, "accuracy", "model"))
    : undefined;

  const judge = async (sizes: readonly number[]): Promise<TriedCircuit[]> => {
    const circuits = sizes.map((size) => scores.top(size).pruned().circuit);
    onTried?.(sizes[0]!, edgeCount);
    const evaluations = await run(circuits);
    return evaluations.map((evaluation, i) => ({
      asked: sizes[i]!,
      circuit: circuits[i]!,
      evaluation,
      f: faithfulnessOf(evaluation, empty, metric),
      accuracy: metrics.includes("accuracy") ? meanOf(valuesOf(evaluation, "accuracy")) : undefined,
    }));
  };
  const goodEnough = ({ f, accuracy }: TriedCircuit) =>
    f >= (options.faithfulness ?? 0.9) &&
    (accuracy === undefined || accuracy >= (options.accuracy ?? 0.9) * modelAccuracy!);

  const found = { empty, metric, ablation, modelAccuracy };
  if (edges !== undefined) {
    const tried = await judge([edges]);
    return { ...found, tried, smallest: tried[0]! };
  }
  const tried = await firstGood(rungs(edgeCount), judge, goodEnough);
  const rung = tried.findIndex(goodEnough);
  if (rung < 0) throw new RangeError("circuit discover: no circuit keeps as much as asked for");
  const below = rung > 0 ? tried[rung - 1]!.asked : 0;
  const between = sizesBetween(below, tried[rung]!.asked);
  const finer = between.length > 0 ? await firstGood(between, judge, goodEnough) : [];
  const all = [...tried, ...finer].sort((a, b) => a.asked - b.asked);
  return { ...found, tried: all, smallest: all.find(goodEnough)! };
}

/** Judges sizes in groups until one is good enough; that of all edges always is. */
async function firstGood(
  sizes: readonly number[],
  judge: (sizes: readonly number[]) => Promise<TriedCircuit[]>,
  goodEnough: (tried: TriedCircuit) => boolean,
): Promise<TriedCircuit[]> {
  const tried: TriedCircuit[] = [];
  for (let from = 0; from < sizes.length; from += together) {
    tried.push(...(await judge(sizes.slice(from, from + together))));
    if (tried.some(goodEnough)) break;
  }
  return tried;
}

/** Sizes from 1 % of all edges up, a tenth larger each. */
export function rungs(edgeCount: number): number[] {
  const sizes: number[] = [];
  for (let size = Math.max(4, Math.floor(edgeCount / 100)); size < edgeCount; ) {
    sizes.push(size);
    size = Math.max(size + 1, Math.round(1.1 * size));
  }
  return [...sizes, edgeCount];
}

/** At most 16 sizes strictly between two. */
function sizesBetween(low: number, high: number): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 16));
  const sizes: number[] = [];
  for (let size = low + step; size < high; size += step) sizes.push(size);
  return sizes;
}
