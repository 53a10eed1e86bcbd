/** @file Controls: scores that know nothing of the metric, and scores that know the answer. */

import { activations, type Model } from "@diopter/model";
import { checkOptions, Random } from "@diopter/tensor";
import type { Circuit } from "../graph/circuit";
import { EdgeGraph } from "../graph/edge-graph";
import { type GraphShape, shapeOf } from "../graph/shape";
import { hooksOf, type SourceGroup, sourceGroups } from "../graph/sources";
import { batchesOf, batchSizeFor, longestOf } from "../run/batches";
import { Job } from "../run/job";
import type { Task } from "../task/task";
import { Scores } from "./scores/scores";

/** Uniform random scores in [0, 1): the same for the same seed. */
export function randomScores(
  shape: GraphShape,
  options: { readonly seed: number },
): Scores<"edge"> {
  checkOptions("randomScores", options, { seed: "required" });
  const { seed } = options;
  const graph = new EdgeGraph(shape);
  const random = new Random(seed);
  const values = Float64Array.from({ length: graph.edgeCount }, () => random.uniform());
  return new Scores(graph, "edge", values, { ...free("random"), seed });
}

/** 1 for the edges of a circuit (of a node circuit the edges out of its nodes), 0 for all others. */
export function officialScores(circuit: Circuit): Scores<"edge"> {
  const { graph, name, version } = circuit;
  const record = free("official");
  return new Scores(graph, "edge", Float64Array.from(circuit.kept()), {
    ...record,
    options: { circuit: name, version },
  });
}

export interface MagnitudeOptions {
  /**
   * `mean-norm`: mean over prompts and positions of the Euclidean norm of what the source writes;
   * `absolute-mean`: size of the mean over prompts, positions and dimensions, in which signs cancel (AutoCircuit).
   */
  readonly of?: "mean-norm" | "absolute-mean";
  readonly inputs?: GraphShape["inputs"];
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/** How much each edge's source writes on the clean prompts, whatever is done with it; never negative. */
export async function magnitudeScores(
  model: Model,
  task: Task,
  options: MagnitudeOptions = {},
): Promise<Scores<"edge">> {
  checkOptions("magnitudeScores", options, {
    of: "optional",
    inputs: "optional",
    batchSize: "optional",
    signal: "optional",
  });
  const { of = "mean-norm", inputs = "split", signal } = options;
  const job = new Job({ signal });
  const { config } = model;
  const graph = new EdgeGraph(shapeOf(config, { inputs }));
  // The heads' outputs are read in full: as large as one copy of all sources.
  const groups = sourceGroups(graph.shape).map((group) => ({ ...group, hook: writtenHook(group) }));
  const sums = new Float64Array(graph.sources.length);
  const pos = longestOf(task.prompts);
  const size = options.batchSize ?? batchSizeFor(pos, graph.sources.length, config.dModel);
  let [tokens, forward] = [0, 0];
  for (const { prompts } of batchesOf(task.prompts, size)) {
    job.proceed();
    const batch = model.prepare({ tokens: prompts.map(({ clean }) => clean) });
    const written = await model.compute(batch, activations(hooksOf(groups)), { signal });
    for (const { hook, first, count } of groups) {
      const { data } = written[hook]!;
      addWritten(data as Float32Array, sums.subarray(first, first + count), config.dModel, of);
    }
    tokens += prompts.length * batch.pos;
    forward++;
  }
  const scale = of === "mean-norm" ? tokens : tokens * config.dModel;
  const values = new Float64Array(graph.edgeCount);
  for (const { firstEdge, reads } of graph.destinations)
    for (let s = 0; s < reads; s++) values[firstEdge + s] = Math.abs(sums[s]!) / scale;
  return new Scores(graph, "edge", values, {
    method: "activation magnitude",
    options: { of },
    passes: { forward, backward: 0 },
    prompts: task.prompts.length,
    milliseconds: job.milliseconds,
  });
}

function writtenHook({ kind, layer, hook }: SourceGroup): string {
  return kind === "heads" ? `blocks.${layer}.attn.hook_result` : hook;
}

/** Adds rows [token, head, dModel] up by head. */
function addWritten(
  data: Float32Array,
  sums: Float64Array,
  dModel: number,
  of: "mean-norm" | "absolute-mean",
): void {
  for (let start = 0; start < data.length; start += dModel) {
    let own = 0;
    for (let i = start; i < start + dModel; i++)
      own += of === "mean-norm" ? data[i]! * data[i]! : data[i]!;
    sums[(start / dModel) % sums.length]! += of === "mean-norm" ? Math.sqrt(own) : own;
  }
}

function free(method: string) {
  return {
    method,
    options: {},
    passes: { forward: 0, backward: 0 },
    prompts: 0,
    milliseconds: 0,
  };
}
