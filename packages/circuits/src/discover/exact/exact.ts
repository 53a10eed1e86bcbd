/** @file Exact effects: every edge or node ablated by itself, each in a run of its own. */

import type { Model } from "@diopter/model";
import { checkOptions, type OptionKeys } from "@diopter/tensor";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { Job } from "../../run/job";
import type { Task } from "../../task/task";
import { chosenShape, valueRecord } from "../choices";
import { type ScoreRecord, Scores } from "../scores/scores";
import {
  effectKeys,
  type SingleEffectOptions,
  type SingleEffects,
  singleEffects,
} from "./single-effects";

export interface ExactOptions extends SingleEffectOptions {
  readonly inputs?: GraphShape["inputs"];
  readonly embedding?: GraphShape["embedding"];
  /** Keep scores by prompt. */
  readonly keep?: "prompts";
}

export interface ExactEdgesOptions extends ExactOptions {
  /** Names of the only edges that are wanted; they rank before all others, whose score is 0. All edges when absent. */
  readonly edges?: readonly string[];
}

const exactKeys: OptionKeys<ExactOptions> = {
  ...effectKeys,
  inputs: "optional",
  embedding: "optional",
  keep: "optional",
};
const exactEdgesKeys: OptionKeys<ExactEdgesOptions> = { ...exactKeys, edges: "optional" };

/**
 * The effect of every single edge, in as many rows of runs as there are edges: exact, where attribution is an estimate.
 *
 * Models of 100 million parameters have tens of thousands of edges: choose some by `edges`, or the best by `rerank`.
 * With `tokens: "each"` every edge at every position; then an edge's own score is the sum of these.
 * The sign is that of ablation in either direction: positive where ablating the edge raises the metric.
 *
 * @example (await exactEdges(model, task, { direction: "restore-clean" })).top(20);
 */
export async function exactEdges(
  model: Model,
  task: Task,
  given: ExactEdgesOptions = {},
): Promise<Scores<"edge">> {
  checkOptions("exactEdges", given, exactEdgesKeys);
  const { edges, ...options } = given;
  const graph = new EdgeGraph(chosenShape(model, options));
  const job = new Job();
  const chosen = edges && [...new Set(edges.map((name) => graph.edge(name)))];
  if (chosen?.length === 0) throw new RangeError("exactEdges: edges is empty, expected names");
  const all = chosen ?? Array.from({ length: graph.edgeCount }, (_, edge) => edge);
  const sets = all.map((edge) => [edge]);
  const effects = await singleEffects(model, graph, task, sets, options);
  const record = exactRecord(task, options, effects, job.milliseconds);
  const [values, own, more] = scored(effects, sets.length, record, options);
  if (!chosen) return new Scores(graph, "edge", values, own, more);
  const placed = <T extends Float32Array | Float64Array>(some: T, into: T): T => {
    chosen.forEach((edge, i) => {
      into[edge] = some[i]!;
    });
    return into;
  };
  const { edgeCount } = graph;
  return new Scores(
    graph,
    "edge",
    placed(values, new Float64Array(edgeCount)),
    { ...own, options: { ...own.options, edges: chosen.length } },
    {
      perPrompt: more.perPrompt?.map((row) => placed(row, new Float32Array(edgeCount))),
      byPosition: more.byPosition?.map((row) => placed(row, new Float64Array(edgeCount))),
      first: chosen,
    },
  );
}

/** The same for every source: all that it writes is replaced, wherever it is read. Heads by position with `tokens: "each"`. */
export async function exactNodes(
  model: Model,
  task: Task,
  options: ExactOptions = {},
): Promise<Scores<"node">> {
  checkOptions("exactNodes", options, exactKeys);
  const graph = new EdgeGraph(chosenShape(model, options));
  const job = new Job();
  const sets = graph.sources.map((_, source) =>
    graph.destinations
      .map((__, destination) => graph.edgeBetween(source, destination))
      .filter((edge) => edge !== undefined),
  );
  const effects = await singleEffects(model, graph, task, sets, options);
  const record = exactRecord(task, options, effects, job.milliseconds);
  return new Scores(graph, "node", ...scored(effects, sets.length, record, options));
}

/** How exact effects were made. */
export function exactRecord(
  task: Task,
  options: SingleEffectOptions,
  { runs, metric }: SingleEffects,
  milliseconds: number,
): ScoreRecord {
  const { direction = "ablate-clean", tokens = "all", aggregate = "mean" } = options;
  const { value = { kind: "resample", from: "paired" } } = options;
  return {
    method: "exact",
    options: {
      direction,
      tokens,
      aggregate,
      metric,
      value: valueRecord(value),
    },
    passes: { forward: runs, backward: 0 },
    prompts: task.prompts.length,
    milliseconds,
  };
}

type Scored = [
  Float64Array,
  ScoreRecord,
  {
    perPrompt: readonly Float32Array[] | undefined;
    byPosition: readonly Float64Array[] | undefined;
  },
];

function scored(
  { mean, perPrompt, pos }: SingleEffects,
  count: number,
  record: ScoreRecord,
  { keep, tokens }: ExactOptions,
): Scored {
  const row = (p: number) => mean.slice(p * count, (p + 1) * count);
  const byPosition = tokens === "each" ? Array.from({ length: pos }, (_, p) => row(p)) : undefined;
  return [
    summed(mean, pos, count, Float64Array),
    record,
    {
      byPosition,
      perPrompt:
        keep === "prompts"
          ? perPrompt.map((own) => summed(own, pos, count, Float32Array))
          : undefined,
    },
  ];
}

function summed<T extends Float32Array | Float64Array>(
  values: T,
  pos: number,
  count: number,
  kind: new (length: number) => T,
): T {
  const sums = new kind(count);
  for (let p = 0; p < pos; p++) for (let i = 0; i < count; i++) sums[i]! += values[p * count + i]!;
  return sums;
}
