/** @file Faithfulness over circuit sizes: the circuits of one ranking, each evaluated in the same cell. */

import type { Model } from "@diopter/model";
import type { Estimate } from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";
import { ablationOf } from "../ablation/ablation";
import type { Ranking } from "../discover/scores/ranking";
import type { Scores } from "../discover/scores/scores";
import { Circuit } from "../graph/circuit";
import { type CurvePoint, type CurveTargets, smallestSizes } from "../metrics/faithfulness-curve";
import { type MibAreas, mibAreas, mibShares } from "../metrics/mib-areas";
import { faithfulnessIntervals } from "../metrics/normalized-faithfulness";
import { own } from "../schema/schema";
import type { Task } from "../task/task";
import { type EvaluateOptions, type Evaluation, evaluateCells, evaluateKeys } from "./evaluate";

export interface EvaluateCurveOptions extends EvaluateOptions {
  /** Sizes asked for, before pruning; MIB's ten shares of all edges when absent. */
  readonly sizes?: readonly number[];
  /** `absolute` for CMD, `signed` for CPR (Mueller et al. 2025). */
  readonly by?: Ranking;
  readonly select?: "top" | "greedy";
  /** Group of prompts that belong together for the intervals, such as "template". */
  readonly cluster?: string;
  readonly seed?: number;
}

/** One circuit of the curve: f by ratio of means, with its cluster-robust interval. */
export interface EvaluatedSize extends CurvePoint {
  readonly requested: number;
  readonly circuit: Circuit;
  readonly low: number;
  readonly high: number;
  readonly evaluation: Evaluation;
}

export interface EvaluatedCurve {
  readonly metric: string;
  readonly points: readonly EvaluatedSize[];
  readonly smallest: CurveTargets;
  /** CPR and CMD, where the sizes are MIB's. */
  readonly areas: MibAreas | undefined;
}

/**
 * f = (circuit - empty) / (model - empty) at each size, everything else ablated in the same way.
 *
 * Throws `NotApplicableError` where the ablation means nothing for the task.
 *
 * @example (await evaluateCurve(model, task, scores)).smallest // the smallest circuits with f of .85, .9, .95
 */
export async function evaluateCurve(
  model: Model,
  task: Task,
  scores: Scores<"edge">,
  options: EvaluateCurveOptions = {},
): Promise<EvaluatedCurve> {
  checkOptions("evaluateCurve", options, {
    ...evaluateKeys,
    sizes: "optional",
    by: "optional",
    select: "optional",
    cluster: "optional",
    seed: "optional",
  });
  const {
    sizes: asked,
    by = "absolute",
    select = "top",
    cluster = "template",
    seed = 0,
    ...rest
  } = options;
  const { ablation: axes, ...cells } = rest;
  const { graph } = scores;
  const sizes = asked ?? mibShares.map((share) => Math.round(share * graph.edgeCount));
  const ablation = ablationOf({ granularity: graph.shape.inputs, ...axes });
  const circuits = sizes.map((size) => scores[select](size, { by }).pruned().circuit);
  const empty = Circuit.ofEdges(graph.shape, [], { name: "empty", version: "1" });
  const results = await evaluateCells(
    model,
    task,
    [empty, ...circuits].map((circuit) => ({ circuit, ablation })),
    cells,
  );
  const [nothing, ...evaluations] = results.map((result) => {
    if (result.applicable) return result;
    throw new RangeError(`evaluate: not applicable: ${result.reason}`);
  });
  const metric = nothing!.metrics[0]!;
  const values = (evaluation: Evaluation, of: "circuit" | "model") =>
    Float64Array.from(evaluation.prompts, (prompt) => prompt[of][metric]!);
  const points = evaluations.map((evaluation, i): EvaluatedSize => {
    const { value, low, high } = faithfulnessOf(evaluation);
    const { kept: size } = evaluation.size;
    return { requested: sizes[i]!, size, circuit: circuits[i]!, evaluation, f: value, low, high };
  });
  const isMib = asked === undefined;
  return {
    metric,
    points,
    smallest: smallestSizes(points),
    areas: isMib ? mibAreas(points.map(({ f }) => f)) : undefined,
  };

  function faithfulnessOf(evaluation: Evaluation) {
    const intervals = faithfulnessIntervals(
      {
        circuit: values(evaluation, "circuit"),
        empty: values(nothing!, "circuit"),
        model: values(evaluation, "model"),
      },
      { clusters: evaluation.prompts.map(({ id, groups }) => own(groups, cluster) ?? id), seed },
    );
    return boundsOf(intervals.ratioOfMeans);
  }
}

function boundsOf({ estimate, delta, bootstrap }: Estimate): {
  value: number;
  low: number;
  high: number;
} {
  const { low, high } = delta ?? bootstrap;
  return { value: estimate, low, high };
}
