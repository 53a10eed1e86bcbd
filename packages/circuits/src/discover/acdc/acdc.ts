/** @file ACDC: edges go one by one, from the logits back, while the metric allows. Conmy et al. 2023. */

import { type JobState, jobState, type Model, resumeData } from "@diopter/model";
import { checkOptions, Random } from "@diopter/tensor";
import * as v from "valibot";
import type { AblationValue } from "../../ablation/ablation";
import { Circuit } from "../../graph/circuit";
import { fedSources, inputsOf } from "../../graph/components";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import type { PromptMetric } from "../../metrics/prompt-metric";
import { Job, type Progress } from "../../run/job";
import { identifyTaskJob, metricFact } from "../../run/state";
import { fields, finite, flag, index, list } from "../../schema/schema";
import type { Task } from "../../task/task";
import { chosenShape, valueRecord } from "../choices";
import { Scores } from "../scores/scores";
import { AcdcRuns } from "./runs";

export interface AcdcOptions {
  /** An edge goes when the metric gets worse by less than this (nats for `kl`); one, or a grid of independent searches. */
  readonly threshold?: number;
  readonly thresholds?: readonly number[];
  /** What must not get worse; KL(model || circuit) when absent. `mse` compares logits. */
  readonly metric?: string | PromptMetric;
  /** What a removed edge carries; the paired corruption when absent. */
  readonly value?: AblationValue;
  readonly order?: AcdcOrder;
  /** Start runs at the first destination that has lost an edge, from the cached clean run; default true. */
  readonly restart?: boolean;
  readonly inputs?: GraphShape["inputs"];
  readonly embedding?: GraphShape["embedding"];
  readonly batchSize?: number;
  /** A search that was interrupted, as `onState` gave it; with the same options it ends as if it had not been. */
  readonly resume?: AcdcState;
  /** Called with plain data every 100 edges. */
  readonly onState?: (state: AcdcState) => void;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** One edge that was tried. */
export interface AcdcStep {
  readonly edge: number;
  readonly removed: boolean;
  /** False for edges that no longer reach the logits: they go without a run. */
  readonly tested: boolean;
  /** Metric after the step, mean over prompts. */
  readonly metric: number;
  /** How bad that is: the metric itself where lower is better, else its negative or its distance from the model's. */
  readonly loss: number;
}

/** The search at one threshold. */
export interface AcdcRun {
  readonly threshold: number;
  readonly circuit: Circuit;
  readonly kept: number;
  readonly tested: number;
  /** Edges that went without a run. */
  readonly unreachable: number;
  readonly steps: readonly AcdcStep[];
}

/** The steps that were taken, by rising threshold. */
export type AcdcState = JobState<readonly (readonly AcdcStep[])[]>;

export interface AcdcResult {
  /** Of the smallest threshold. */
  readonly circuit: Circuit;
  /** By rising threshold. */
  readonly runs: readonly AcdcRun[];
  /** Names in the order in which they were tried. */
  readonly order: readonly string[];
  /** The smallest threshold that removed an edge, `Infinity` for those that stayed; negative where the metric is better higher. */
  readonly scores: Scores<"edge">;
}

/**
 * Automatic circuit discovery: each edge in turn is replaced for good when the metric gets worse by less than `threshold`.
 *
 * The order matters and is recorded; run several seeds to see how much. Several thresholds are searched one after
 * the other, each from the whole model.
 *
 * @example const { circuit } = await acdc(model, task, { threshold: 0.01 });
 */
export async function acdc(
  model: Model,
  task: Task,
  options: AcdcOptions = {},
): Promise<AcdcResult> {
  checkOptions("acdc", options, {
    threshold: "optional",
    thresholds: "optional",
    metric: "optional",
    value: "optional",
    order: "optional",
    restart: "optional",
    inputs: "optional",
    embedding: "optional",
    batchSize: "optional",
    resume: "optional",
    onState: "optional",
    signal: "optional",
    onProgress: "optional",
  });
  const { onState, resume, restart = true } = options;
  const { value = { kind: "resample", from: "paired" } } = options;
  const job = new Job(options);
  const thresholds = thresholdsOf(options);
  const graph = new EdgeGraph(chosenShape(model, options));
  const order = edgeOrder(graph, options.order ?? "default");
  const runs = await AcdcRuns.of(model, graph, task, { ...options, value, restart });
  const identity =
    resume || onState
      ? await identifyTaskJob(model, "diopter/acdc", {
          task,
          shape: graph.shape,
          thresholds,
          metric: metricFact(options.metric ?? "kl"),
          value,
          order,
          restart,
          batchSize: options.batchSize ?? "auto",
        })
      : undefined;
  const finished = resume
    ? resumeData("acdc", resume, identity!, (steps) => areSteps(steps, order, thresholds.length))
    : [];
  const searches = thresholds.map((threshold, i) => ({
    threshold,
    steps: [...(finished[i] ?? [])],
  }));
  job.expect(order.length * thresholds.length);
  job.restore(searches.reduce((sum, { steps }) => sum + steps.length, 0));
  const state = (): AcdcState =>
    jobState(
      identity!,
      searches.map(({ steps }) => [...steps]),
    );
  for (const { threshold, steps } of searches) {
    const search = new Search(graph, runs, threshold, steps);
    for (let next = steps.length; next < order.length; next++) {
      job.proceed();
      steps.push(await search.step(order[next]!));
      job.step();
      if (job.done % 100 === 0 && onState) onState(state());
    }
  }
  if (onState) onState(state());
  const results = searches.map(({ threshold, steps }) => runOf(graph, threshold, steps));
  const { metric, passes } = runs;
  const scores = scoresOf(graph, results, metric.better === "higher" ? -1 : 1, {
    method: "acdc",
    options: {
      thresholds,
      metric: metric.name,
      value: valueRecord(value),
      order: Array.isArray(options.order) ? "given" : (options.order ?? "default"),
      restart,
    },
    passes: { forward: passes, backward: 0 },
    prompts: task.prompts.length,
    milliseconds: job.milliseconds,
    ...seedOf(options.order),
  });
  return {
    circuit: results[0]!.circuit,
    runs: results,
    order: Array.from(order, (edge) => graph.edgeName(edge)),
    scores,
  };
}

function seedOf(order: AcdcOrder = "default"): { seed?: number } {
  return typeof order === "object" && "seed" in order ? { seed: order.seed } : {};
}

/** Rising thresholds. */
function thresholdsOf({ threshold, thresholds }: AcdcOptions): number[] {
  if ((threshold === undefined) === (thresholds === undefined))
    throw new RangeError("acdc: give either threshold or thresholds");
  const all = [...new Set(thresholds ?? [threshold!])].sort((a, b) => a - b);
  const bad = all.find((x) => !(x > 0));
  if (all.length === 0 || bad !== undefined)
    throw new RangeError(`acdc: a threshold must be positive, got ${bad ?? "none"}`);
  return all;
}

const stepSchema = fields({
  edge: index,
  removed: flag,
  tested: flag,
  metric: finite,
  loss: finite,
});

/** Whether these are the first steps of searches in this order, each begun only when the one before it was done. */
function areSteps(searches: unknown, order: Uint32Array, thresholds: number): boolean {
  const { success, output } = v.safeParse(list(list(stepSchema)), searches);
  if (!success || output.length !== thresholds) return false;
  const lengths = output.map((steps) => steps.length);
  const inTurn = lengths.every(
    (length, i) => length === 0 || i === 0 || lengths[i - 1] === order.length,
  );
  return inTurn && output.every((steps) => steps.every(({ edge }, i) => edge === order[i]));
}

/** The search at one threshold, from where its steps have come to. */
class Search {
  readonly #runs: AcdcRuns;
  readonly #threshold: number;
  readonly #live: LiveEdges;
  readonly #mask: Float32Array;
  #metric: number;
  #loss: number | undefined;

  constructor(graph: EdgeGraph, runs: AcdcRuns, threshold: number, steps: readonly AcdcStep[]) {
    this.#runs = runs;
    this.#threshold = threshold;
    this.#live = new LiveEdges(graph);
    this.#mask = new Float32Array(graph.edgeCount);
    this.#metric = steps.at(-1)?.metric ?? Number.NaN;
    this.#loss = steps.at(-1)?.loss;
    for (const { edge, removed } of steps) if (removed) this.#remove(edge);
  }

  async step(edge: number): Promise<AcdcStep> {
    if (this.#loss === undefined) {
      const now = await this.#runs.measure(this.#mask);
      [this.#loss, this.#metric] = [now.loss, now.metric];
    }
    if (!this.#live.matters(edge)) {
      this.#remove(edge);
      return { edge, removed: true, tested: false, metric: this.#metric, loss: this.#loss };
    }
    this.#mask[edge] = 1;
    const { loss, metric } = await this.#runs.measure(this.#mask);
    const removed = loss - this.#loss < this.#threshold;
    if (removed) {
      this.#remove(edge);
      [this.#loss, this.#metric] = [loss, metric];
    } else this.#mask[edge] = 0;
    return { edge, removed, tested: true, metric: this.#metric, loss: this.#loss };
  }

  #remove(edge: number): void {
    this.#mask[edge] = 1;
    this.#live.remove(edge);
  }
}

function runOf(graph: EdgeGraph, threshold: number, steps: readonly AcdcStep[]): AcdcRun {
  const kept = steps.filter(({ removed }) => !removed).map(({ edge }) => graph.edgeName(edge));
  const tested = steps.filter((step) => step.tested).length;
  return {
    threshold,
    circuit: Circuit.ofEdges(graph.shape, kept, { name: `acdc, ${threshold}`, version: "1" }),
    kept: kept.length,
    tested,
    unreachable: steps.length - tested,
    steps,
  };
}

function scoresOf(
  graph: EdgeGraph,
  runs: readonly AcdcRun[],
  sign: number,
  record: Scores["record"],
): Scores<"edge"> {
  const values = new Float64Array(graph.edgeCount).fill(sign * Number.POSITIVE_INFINITY);
  for (const { threshold, steps } of [...runs].reverse())
    for (const { edge, removed } of steps) if (removed) values[edge] = sign * threshold;
  return new Scores(graph, "edge", values, record);
}

/** Counts of live readers, kept up to date: what a removal cuts off is found at once. */
export class LiveEdges {
  readonly #graph: EdgeGraph;
  readonly #present: Uint8Array;
  /** By source: kept edges into destinations that matter. */
  readonly #readers: Uint32Array;
  readonly #matters: Uint8Array;
  readonly #inputs: readonly (readonly number[])[];

  constructor(graph: EdgeGraph) {
    this.#graph = graph;
    this.#present = new Uint8Array(graph.edgeCount).fill(1);
    this.#matters = new Uint8Array(graph.destinations.length).fill(1);
    this.#inputs = inputsOf(graph);
    this.#readers = new Uint32Array(graph.sources.length);
    for (const { reads } of graph.destinations)
      for (let source = 0; source < reads; source++) this.#readers[source]!++;
  }

  /** Whether what an edge carries can reach the logits. */
  matters(edge: number): boolean {
    return this.#matters[this.#graph.ends(edge).destination] === 1;
  }

  remove(edge: number): void {
    if (!this.#present[edge]) return;
    this.#present[edge] = 0;
    const { source, destination } = this.#graph.ends(edge);
    if (this.#matters[destination]) this.#loseReader(source);
  }

  #loseReader(source: number): void {
    this.#readers[source]!--;
    if (this.#readers[source]! > 0) return;
    for (const destination of this.#inputs[source]!) this.#check(destination);
  }

  /** A destination matters while something that it feeds is read. */
  #check(destination: number): void {
    if (!this.#matters[destination]) return;
    if (fedSources(this.#graph, destination).some((source) => this.#readers[source]! > 0)) return;
    this.#matters[destination] = 0;
    const { firstEdge, reads } = this.#graph.destinations[destination]!;
    for (let source = 0; source < reads; source++)
      if (this.#present[firstEdge + source]) this.#loseReader(source);
  }
}

/**
 * `default`: destinations of later stages first, within one the later destinations and sources; a seed shuffles within
 * stages; a list of names is taken as it is.
 */
export type AcdcOrder = "default" | { readonly seed: number } | readonly string[];

/** Every edge once. Throws `RangeError` for lists that leave edges out or name them twice. */
export function edgeOrder(graph: EdgeGraph, order: AcdcOrder): Uint32Array {
  const falling = Uint32Array.from({ length: graph.edgeCount }, (_, i) => graph.edgeCount - 1 - i);
  if (order === "default") return byStage(graph, falling);
  if ("seed" in order) {
    const random = new Random(order.seed);
    return byStage(graph, Uint32Array.from(random.shuffle(falling)));
  }
  const edges = Uint32Array.from(order, (name) => graph.edge(name));
  const seen = new Uint8Array(graph.edgeCount);
  for (const edge of edges) {
    if (seen[edge]) throw new RangeError(`acdc: the order names "${graph.edgeName(edge)}" twice`);
    seen[edge] = 1;
  }
  const missing = seen.indexOf(0);
  if (missing >= 0)
    throw new RangeError(`acdc: the order leaves out "${graph.edgeName(missing)}" and others`);
  return edges;
}

/** Later stages first; the order within a stage stays. */
function byStage(graph: EdgeGraph, edges: Uint32Array): Uint32Array {
  const stage = Uint32Array.from(
    edges,
    (edge) => graph.destinations[graph.ends(edge).destination]!.stage,
  );
  const places = Array.from(edges.keys()).sort((a, b) => stage[b]! - stage[a]! || a - b);
  return Uint32Array.from(places, (place) => edges[place]!);
}
