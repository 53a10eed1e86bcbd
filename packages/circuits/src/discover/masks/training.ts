/** @file The prompts that masks are learned from, or judged on: one batch a step. */

import type { Model } from "@diopter/model";
import { Random } from "@diopter/tensor";
import type { Ablation, AblationValue } from "../../ablation/ablation";
import type { EdgeGraph } from "../../graph/edge-graph";
import { denseView } from "../../run/dense";
import { maskFeeds, named, readersOf, replacementFeed } from "../../run/feeds";
import type { Task } from "../../task/task";
import { maskGradients } from "../mask-gradient-extension";
import { type PreparedBatch, PreparedBatches } from "../prepared-batches";
import { type MetricChoice, metricChoice, metricOfBatch } from "../task-metric";
import { deterministicMask, sampledMask } from "./hard-concrete";

/** What masks are learned for. */
export interface MaskedTask {
  readonly component: "edge" | "node";
  /** `ablate-clean`: what is masked out of the clean run is replaced; `restore-clean`: the circuit is put into the corrupt run. */
  readonly direction?: Ablation["direction"];
  /** What sources are replaced with, as in evaluation; the other side of the pair when absent. */
  readonly value?: AblationValue;
  /** What the circuit shall be good at; default `kl`. */
  readonly metric?: Faithfulness;
  /** Whether every prompt of a batch has masks of its own (default), or all have the same. */
  readonly samples?: "prompt" | "batch";
  readonly seed: number;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export class MaskTraining {
  readonly #run: MaskedRun;
  readonly #options: MaskedTask;
  readonly #batches: PreparedBatches;
  readonly #loss: Faithfulness;
  readonly #sources: Uint32Array;
  /** By the index of a batch's first prompt. */
  readonly #model = new Map<number, ArrayLike<number>>();
  #runs = { forward: 0, backward: 0 };

  private constructor(run: MaskedRun, options: MaskedTask, batches: PreparedBatches) {
    this.#run = run;
    this.#options = options;
    this.#batches = batches;
    this.#loss = options.metric ?? "kl";
    const { graph } = run;
    this.#sources = Uint32Array.from(
      { length: graph.edgeCount },
      (_, edge) => graph.ends(edge).source,
    );
  }

  static async of(
    model: Model,
    graph: EdgeGraph,
    task: Task,
    options: MaskedTask,
  ): Promise<MaskTraining> {
    const { direction = "ablate-clean", batchSize, signal, metric = "kl" } = options;
    const { value = { kind: "resample", from: "paired" } } = options;
    const batches = await PreparedBatches.of(model, graph, task, {
      direction,
      value,
      batchSize,
      signal,
      sources: false,
    });
    const run = { model, graph, direction, metric: measuredFor(model, task, metric), signal };
    return new MaskTraining(run, options, batches);
  }

  get passes(): { readonly forward: number; readonly backward: number } {
    const { forward, backward } = this.#runs;
    return { forward: forward + this.#batches.passes, backward };
  }

  /** Sign of scores: ablating what is kept raises a divergence and lowers a metric. */
  get sign(): 1 | -1 {
    const loss = this.#loss;
    return loss === "kl" || loss === "mse" || loss === "logit-difference-percent" ? 1 : -1;
  }

  /** Mean loss of the batch of a step under masks drawn for it, and its derivative by every parameter. */
  async gradient(
    theta: Float64Array,
    step: number,
  ): Promise<{ readonly faithfulness: number; readonly gradient: Float64Array }> {
    const { seed, samples = "prompt" } = this.#options;
    const batch = await this.#batches.at(this.#batchOf(step), step);
    const count = batch.prompts.length;
    const random = new Random(seed).fork(`step ${step}`);
    const drawn = this.#drawn(theta, random, samples === "prompt" ? count : 1);
    const row = (i: number) => (samples === "prompt" ? i : 0) * theta.length;
    const kept = this.#byEdge(count, (i, element) => drawn.masks[row(i) + element]!);
    const { values, gradients } = await maskedMetric(this.#run, batch, kept, {
      gradients: true,
    });
    this.#runs.forward++;
    this.#runs.backward++;
    const losses = await this.#losses(batch, values);
    const gradient = new Float64Array(theta.length);
    const edges = this.#sources.length;
    for (const [i, { slope }] of losses.entries()) {
      for (let edge = 0; edge < edges; edge++) {
        const element = this.#element(edge);
        gradient[element]! +=
          (slope / count) * gradients![i * edges + edge]! * drawn.slopes[row(i) + element]!;
      }
    }
    return { faithfulness: meanLoss(losses), gradient };
  }

  /** Mean loss over all prompts, masks without noise. */
  async heldOut(theta: Float64Array): Promise<number> {
    const { batches } = this.#batches;
    let [total, count] = [0, 0];
    for (const index of batches.keys()) {
      const batch = await this.#batches.at(index);
      const rows = batch.prompts.length;
      const kept = this.#byEdge(rows, (_, element) => deterministicMask(theta[element]!));
      const { values } = await maskedMetric(this.#run, batch, kept, { gradients: false });
      this.#runs.forward++;
      total += rows * meanLoss(await this.#losses(batch, values));
      count += rows;
    }
    return total / count;
  }

  /** Batches in an order that is shuffled anew every time all have been seen. */
  #batchOf(step: number): number {
    const { length } = this.#batches.batches;
    const round = Math.floor(step / length);
    return new Random(this.#options.seed).fork(`round ${round}`).permutation(length)[
      step % length
    ]!;
  }

  #drawn(theta: Float64Array, random: Random, rows: number) {
    const masks = new Float64Array(rows * theta.length);
    const slopes = new Float64Array(rows * theta.length);
    for (let i = 0; i < masks.length; i++) {
      const { mask, slope } = sampledMask(theta[i % theta.length]!, random.uniform());
      masks[i] = mask;
      slopes[i] = slope;
    }
    return { masks, slopes };
  }

  /** The parameter that an edge is kept by. */
  #element(edge: number): number {
    return this.#options.component === "edge" ? edge : this.#sources[edge]!;
  }

  #byEdge(rows: number, kept: (row: number, element: number) => number): Float64Array {
    const edges = this.#sources.length;
    const values = new Float64Array(rows * edges);
    for (let row = 0; row < rows; row++)
      for (let edge = 0; edge < edges; edge++)
        values[row * edges + edge] = kept(row, this.#element(edge));
    return values;
  }

  async #losses(batch: PreparedBatch, values: ArrayLike<number>) {
    const model =
      this.#loss === "logit-difference-percent" ? await this.#ofModel(batch) : undefined;
    return batch.prompts.map((_, i) =>
      faithfulnessLoss(this.#loss, values[i]!, model ? model[i]! : Number.NaN),
    );
  }

  /** The metric of the model itself: nothing of the clean run replaced. */
  async #ofModel(batch: PreparedBatch): Promise<ArrayLike<number>> {
    const first = batch.indices[0]!;
    const known = this.#model.get(first);
    if (known) return known;
    const rows = batch.prompts.map(({ clean }) => clean);
    const kept = new Float64Array(rows.length * this.#sources.length).fill(1);
    const clean = { ...batch, rows };
    const run = { ...this.#run, direction: "ablate-clean" } as const;
    const { values } = await maskedMetric(run, clean, kept, { gradients: false });
    this.#runs.forward++;
    this.#model.set(first, values);
    return values;
  }
}

function meanLoss(losses: readonly { readonly loss: number }[]): number {
  return losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length;
}

/**
 * What masks are learned to keep: small `kl` or `mse` to the model, a large metric, or `logit-difference-percent`:
 * mean |100 - 100 circuit / model|.
 */
export type Faithfulness = MetricChoice | "logit-difference-percent";

/** What the graph computes for a loss. Throws `RangeError` for unknown names and for a metric that does not fit the task. */
export function measuredFor(model: Model, task: Task, metric: Faithfulness): MetricChoice {
  return metricChoice(
    model,
    task,
    metric === "logit-difference-percent" ? "logit-difference" : metric,
  );
}

/** Loss of one prompt and its derivative by the metric; `model` is the metric of the full model. */
export function faithfulnessLoss(
  loss: Faithfulness,
  value: number,
  model: number,
): { readonly loss: number; readonly slope: number } {
  if (loss === "kl" || loss === "mse") return { loss: value, slope: 1 };
  if (loss !== "logit-difference-percent") return { loss: -value, slope: -1 };
  if (model === 0)
    throw new RangeError("mask learning: a prompt on which the model has no margin has no percent");
  const missing = 100 - (100 * value) / model;
  return { loss: Math.abs(missing), slope: (-Math.sign(missing) * 100) / model };
}

export interface MaskedRun {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly direction: Ablation["direction"];
  readonly metric: MetricChoice;
  readonly signal: AbortSignal | undefined;
}

/** Values by prompt, and derivatives by how much of each edge is kept [prompt, edge] where asked for. */
export async function maskedMetric(
  { model, graph, direction, metric: choice, signal }: MaskedRun,
  batch: PreparedBatch,
  kept: Float64Array,
  { gradients }: { readonly gradients: boolean },
): Promise<{ readonly values: ArrayLike<number>; readonly gradients: Float64Array | undefined }> {
  const { prompts, rows, replacements } = batch;
  const groups = readersOf(graph);
  const form = { mask: { batch: true, pos: false }, values: replacements.form };
  const tokens = model.prepare({ tokens: rows });
  const metric = await metricOfBatch(
    choice,
    batch,
    model.config.dVocabOut,
    async () => batch.clean,
  );
  const view = denseView(graph.shape, form);
  // What is kept of the clean run is not replaced; what is kept of the circuit in the corrupt run is.
  const values = direction === "ablate-clean" ? kept.map((x) => 1 - x) : kept;
  const mask = { batch: prompts.length, pos: 1, values };
  const feeds = { ...named(replacementFeed, replacements.values), ...maskFeeds(groups, mask) };
  const options = { view: { ...view, feeds }, signal };
  if (!gradients)
    return { values: await model.compute(tokens, metric, options), gradients: undefined };
  const found = await model.compute(tokens, maskGradients(groups, metric, prompts.length), options);
  return {
    values: found.values,
    gradients: direction === "ablate-clean" ? found.gradients.map((x) => -x) : found.gradients,
  };
}
