/** @file What each of many sets of edges does when it alone is replaced: one prompt again and again, a mask a row. */

import type { Model } from "@diopter/model";
import { allocate, type OptionKeys, type TensorLike } from "@diopter/tensor";
import type { Ablation, AblationValue } from "../../ablation/ablation";
import type { Activations } from "../../ablation/activations";
import type { EdgeGraph } from "../../graph/edge-graph";
import { groupsBefore, hooksOf } from "../../graph/sources";
import type { PromptMetric } from "../../metrics/prompt-metric";
import { promptMetric } from "../../metrics/prompt-metrics";
import { batchesOf, batchSizeFor, longestOf } from "../../run/batches";
import { baseRows } from "../../run/cell";
import { pickHooks } from "../../run/feeds";
import { Job, type Progress } from "../../run/job";
import { readSources } from "../../run/read-sources";
import type { Replacements } from "../../run/replacements/replacement";
import { replacementsFor } from "../../run/replacements/replacements";
import { type Logits, runDense, runPlain } from "../../run/run-batch";
import type { Task, TaskPrompt } from "../../task/task";

export interface SingleEffectOptions {
  /** Break the clean run, or repair the corrupt one; default the first. */
  readonly direction?: Ablation["direction"];
  /** What sources are replaced with; the other side of the pair when absent. */
  readonly value?: AblationValue;
  /** What is measured; the task's metric when absent. */
  readonly metric?: string | PromptMetric;
  /** At all tokens at once, or at each of them by itself (prompts of one length). */
  readonly tokens?: "all" | "each";
  /** How prompts become one score. */
  readonly aggregate?: "mean" | "mean-absolute";
  /** Masks at a time; chosen by memory when absent. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export const effectKeys: OptionKeys<SingleEffectOptions> = {
  direction: "optional",
  value: "optional",
  metric: "optional",
  tokens: "optional",
  aggregate: "optional",
  batchSize: "optional",
  signal: "optional",
  onProgress: "optional",
};

/** Sets of edges, each replaced by itself. */
export type EdgeSets = readonly (readonly number[])[];

export interface SingleEffects {
  /** Mean over prompts, [pos or 1, set]: how far the metric rises when the set is ablated. */
  readonly mean: Float64Array;
  /** [prompt][pos or 1, set] */
  readonly perPrompt: Float32Array[];
  readonly pos: number;
  /** Batched runs. */
  readonly runs: number;
  readonly metric: string;
}

interface Effects {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly task: Task;
  readonly metric: PromptMetric;
  readonly direction: Ablation["direction"];
  readonly rows: number;
  readonly positions: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Effects of every set on the metric of every prompt, in memory that does not grow with their number.
 *
 * Nothing before the first destination of a set is computed again. In the corrupt run, where a set is restored,
 * its effect has the opposite sign, so that a positive one still means that ablating it raises the metric.
 */
export async function singleEffects(
  model: Model,
  graph: EdgeGraph,
  task: Task,
  sets: EdgeSets,
  options: SingleEffectOptions = {},
): Promise<SingleEffects> {
  const { direction = "ablate-clean", signal, onProgress, tokens = "all" } = options;
  const { value = { kind: "resample", from: "paired" }, aggregate = "mean" } = options;
  if (task.prompts.length === 0) throw new RangeError("effects: the task has no prompts");
  const metric = metricOf(options.metric ?? task.metric);
  const length = longestOf(task.prompts);
  const positions = tokens === "each";
  if (positions && task.prompts.some(({ clean }) => clean.length !== length))
    throw new RangeError("effects: by position they need prompts of one length");
  const pos = positions ? length : 1;
  const batchSize = batchSizeFor(length, graph.sources.length, model.config.dModel);
  const fitting = Math.max(2, Math.floor(32e6 / (pos * graph.edgeCount)));
  const rows = options.batchSize ?? Math.min(batchSize, fitting);
  const context = { model, shape: graph.shape, task, direction, batchSize, signal };
  const replacements = await replacementsFor(value, context);
  const asked: Effects = { model, graph, task, metric, direction, rows, positions, signal };
  const plan = plannedRuns(graph, sets, pos, rows);
  const mean = new Float64Array(pos * sets.length);
  const perPrompt: Float32Array[] = [];
  const total = task.prompts.length * replacements.draws;
  const job = new Job({ signal, onProgress });
  job.expect(total);
  for (const batch of batchesOf(task.prompts, batchSize, (p) => replacements.key(p))) {
    const effects = batch.prompts.map(() => new Float64Array(mean.length));
    for (let draw = 0; draw < replacements.draws; draw++) {
      const bases = await basesOf(asked, batch.prompts, replacements.draw(draw));
      for (const [i, prompt] of batch.prompts.entries()) {
        await addEffects(asked, prompt, bases, i, { sets, plan, into: effects[i]! });
        job.step();
      }
    }
    for (const [i, index] of batch.indices.entries()) {
      const own = effects[i]!.map((x) => x / replacements.draws);
      own.forEach((x, at) => {
        mean[at]! += (aggregate === "mean" ? x : Math.abs(x)) / task.prompts.length;
      });
      perPrompt[index] = Float32Array.from(own);
    }
  }
  return { mean, perPrompt, pos, runs: plan.length * total, metric: metric.name };
}

/** A metric by name or of one's own. */
export function metricOf(metric: string | PromptMetric): PromptMetric {
  return typeof metric === "string" ? promptMetric(metric) : metric;
}

/** Items (position and set as one index) that share a run, and where it starts. */
interface PlannedRun {
  readonly stage: number;
  readonly items: readonly number[];
}

function plannedRuns(graph: EdgeGraph, sets: EdgeSets, pos: number, rows: number): PlannedRun[] {
  const { destinations } = graph;
  const byStage = new Map<number, number[]>();
  for (let p = 0; p < pos; p++) {
    for (const [i, edges] of sets.entries()) {
      const first = edges.reduce(
        (least, edge) => Math.min(least, destinations[graph.ends(edge).destination]!.stage),
        destinations.at(-1)!.stage,
      );
      const items = byStage.get(first) ?? [];
      items.push(p * sets.length + i);
      byStage.set(first, items);
    }
  }
  return [...byStage].flatMap(([stage, items]) =>
    Array.from({ length: Math.ceil(items.length / rows) }, (_, i) => ({
      stage,
      items: items.slice(i * rows, (i + 1) * rows),
    })),
  );
}

/** What the single runs of a batch of prompts start from. */
interface Bases {
  readonly rows: readonly (readonly number[])[];
  readonly sources: Activations;
  readonly replacements: Activations;
  /** Logits of the clean run and of the run that is broken or repaired. */
  readonly clean: Logits;
  readonly base: Logits;
}

async function basesOf(
  { model, graph, task, direction, signal }: Effects,
  prompts: readonly TaskPrompt[],
  replacements: Replacements,
): Promise<Bases> {
  const kind = { kind: "resample", from: "paired" } as const;
  const rows = baseRows({ direction, value: kind } as Ablation, task, prompts);
  const clean = await runPlain({
    model,
    prompts,
    rows: prompts.map((prompt) => prompt.clean),
    signal,
  });
  return {
    rows,
    sources: await readSources(model, graph.shape, rows, { signal }),
    replacements: await replacements.at(prompts),
    clean,
    base: direction === "ablate-clean" ? clean : await runPlain({ model, prompts, rows, signal }),
  };
}

async function addEffects(
  { model, graph, task, metric, direction, rows, positions, signal }: Effects,
  prompt: TaskPrompt,
  bases: Bases,
  index: number,
  { sets, plan, into }: { sets: EdgeSets; plan: readonly PlannedRun[]; into: Float64Array },
): Promise<void> {
  const most = Math.min(rows, Math.max(...plan.map(({ items }) => items.length)));
  const sources = mapTensors(bases.sources.values, (x) => repeatedRow(x, index, most));
  // All rows are one prompt, so that its replacements need no copies.
  const { form } = bases.replacements;
  const replacements: Activations = {
    form: form === "prompt" ? "position" : form,
    values: mapTensors(bases.replacements.values, (x: TensorLike) => repeatedRow(x, index, 1)),
  };
  const model0 = bases.clean[index]!;
  const measured = (circuit: Logits[number]) =>
    metric.value({ prompt, model: model0, circuit }, task);
  const before = measured(bases.base[index]!);
  const sign = direction === "ablate-clean" ? 1 : -1;
  const pos = positions ? prompt.clean.length : 1;
  for (const { stage, items } of plan) {
    signal?.throwIfAborted();
    const repeated = <T>(x: T): T[] => items.map(() => x);
    const start = pickHooks(sources, hooksOf(groupsBefore(stage, graph.shape)));
    const logits = await runDense(
      {
        model,
        graph,
        prompts: repeated(prompt),
        rows: repeated(bases.rows[index]!),
        replacements,
        signal,
      },
      { batch: items.length, pos, values: masksOf(graph, sets, items, pos) },
      { sources: mapTensors(start, (x) => firstRows(x, items.length)) },
    );
    for (const [row, item] of items.entries())
      into[item]! += sign * (measured(logits[row]!) - before);
  }
}

/** One set of edges a row, at its position. */
function masksOf(
  { edgeCount }: EdgeGraph,
  sets: EdgeSets,
  items: readonly number[],
  pos: number,
): Float32Array {
  const values = new Float32Array(items.length * pos * edgeCount);
  for (const [row, item] of items.entries()) {
    const at = pos === 1 ? 0 : Math.floor(item / sets.length);
    for (const edge of sets[item % sets.length]!) values[(row * pos + at) * edgeCount + edge] = 1;
  }
  return values;
}

/** The first axis cut to one row, which is repeated; the only row where all share it. */
export function repeatedRow(x: TensorLike, row: number, times: number): TensorLike {
  const rows = x.shape[0]!;
  const size = x.data.length / rows;
  const start = rows === 1 ? 0 : row * size;
  const own = (x.data as Float32Array).subarray(start, start + size);
  const data = allocate(x.dtype, size * times) as Float32Array;
  for (let i = 0; i < times; i++) data.set(own, i * size);
  return { dtype: x.dtype, shape: [times, ...x.shape.slice(1)], data } as TensorLike;
}

/** The first `count` rows, without a copy. */
export function firstRows(x: TensorLike, count: number): TensorLike {
  const rows = x.shape[0]!;
  if (rows === count) return x;
  const data = (x.data as Float32Array).subarray(0, (x.data.length / rows) * count);
  return { dtype: x.dtype, shape: [count, ...x.shape.slice(1)], data } as TensorLike;
}

/** The same for values by name. */
export function mapTensors(
  values: Readonly<Record<string, TensorLike>>,
  change: (x: TensorLike) => TensorLike,
): Record<string, TensorLike> {
  return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, change(x)]));
}
