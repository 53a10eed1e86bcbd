/** @file The runs of ACDC: a mask over all prompts, from the first destination that differs from the clean run. */

import type { Model } from "@diopter/model";
import type { AblationValue } from "../../ablation/ablation";
import type { EdgeMask } from "../../ablation/replaced-mask";
import type { EdgeGraph } from "../../graph/edge-graph";
import type { Answered, PromptMetric } from "../../metrics/prompt-metric";
import { promptMetric } from "../../metrics/prompt-metrics";
import { logSumExpOf, type Row } from "../../metrics/rows";
import { maskFeeds, named, readersOf, replacementFeed } from "../../run/feeds";
import { type BatchRun, executed, type Logits, runDense } from "../../run/run-batch";
import type { Task } from "../../task/task";
import { type PreparedBatch, PreparedBatches } from "../prepared-batches";
import { type Prefix, prefixExtension, prefixFeeds, restartView } from "./restart-view";

interface RunChoices {
  readonly metric?: string | PromptMetric;
  readonly value: AblationValue;
  readonly restart: boolean;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/** Measures masks; the metric is added up over batches and draws. */
export class AcdcRuns {
  readonly metric: PromptMetric;
  readonly #model: Model;
  readonly #graph: EdgeGraph;
  readonly #task: Task;
  readonly #batches: PreparedBatches;
  readonly #choices: RunChoices;
  /** KL costs as much as a tenth of a run unless the model's side is kept. */
  readonly #divergence: DivergenceFromModel | undefined;
  readonly #prefixes = new Map<string, Prefix>();
  #stage = -1;
  #runs = 0;

  private constructor(
    model: Model,
    graph: EdgeGraph,
    task: Task,
    choices: RunChoices,
    batches: PreparedBatches,
  ) {
    const { metric = "kl" } = choices;
    this.metric =
      typeof metric === "string" ? promptMetric(metric === "mse" ? "mse-model" : metric) : metric;
    if (this.metric === promptMetric("kl")) this.#divergence = new DivergenceFromModel();
    this.#model = model;
    this.#graph = graph;
    this.#task = task;
    this.#choices = choices;
    this.#batches = batches;
  }

  static async of(
    model: Model,
    graph: EdgeGraph,
    task: Task,
    choices: RunChoices,
  ): Promise<AcdcRuns> {
    const { value, batchSize, signal, restart } = choices;
    const batches = await PreparedBatches.of(model, graph, task, {
      direction: "ablate-clean",
      value,
      batchSize,
      signal,
      sources: restart,
    });
    return new AcdcRuns(model, graph, task, choices, batches);
  }

  get passes(): number {
    return this.#runs + this.#batches.passes;
  }

  /** Means over prompts: of the metric, and of how bad it is. */
  async measure(mask: Float32Array): Promise<{ readonly metric: number; readonly loss: number }> {
    const stage = this.#firstStage(mask);
    const { draws, batches } = this.#batches;
    let [metric, loss] = [0, 0];
    for (let i = 0; i < batches.length * draws; i++) {
      const batch = await this.#batches.at(i % batches.length, Math.floor(i / batches.length));
      const { prompts, clean } = batch;
      const logits = await this.#logits(batch, mask, stage, `${i}`);
      this.#runs++;
      for (const [row, prompt] of prompts.entries()) {
        const own = (circuit: Logits[number]) =>
          this.#value({ prompt, model: clean[row]!, circuit });
        const value = own(logits[row]!);
        metric += value;
        loss += badness(this.metric, value, () => own(clean[row]!));
      }
    }
    const count = this.#task.prompts.length * draws;
    return { metric: metric / count, loss: loss / count };
  }

  /** Logits under a mask, from the first stage that differs from the clean run. */
  async #logits(
    batch: PreparedBatch,
    mask: Float32Array,
    stage: number,
    key: string,
  ): Promise<Logits> {
    const { prompts, rows, replacements } = batch;
    const [model, graph, { signal }] = [this.#model, this.#graph, this.#choices];
    const whole = { batch: 1, pos: 1, values: mask };
    const run = { model, graph, prompts, rows, replacements, signal };
    const prefix = await this.#prefix(batch, stage, key);
    return prefix ? runFrom(run, whole, stage, prefix) : runDense(run, whole);
  }

  /** What a run from a stage is fed: kept while runs start at the same stage. */
  async #prefix(
    { sources, replacements, rows }: PreparedBatch,
    stage: number,
    key: string,
  ): Promise<Prefix | undefined> {
    if (!sources) return undefined;
    if (stage !== this.#stage) this.#prefixes.clear();
    this.#stage = stage;
    const known = this.#prefixes.get(key);
    if (known) return known;
    const { shape } = this.#graph;
    const extension = prefixExtension(shape, stage, replacements, sources.values);
    const prefix = await this.#model.compute({ tokens: rows }, extension);
    // Many batches would need more memory than it is worth: then the prefix is computed for each run.
    const size = prefix.difference.data.byteLength;
    if (size * (this.#prefixes.size + 1) <= 1e9) this.#prefixes.set(key, prefix);
    return prefix;
  }

  #value(answered: Answered): number {
    return this.#divergence
      ? this.#divergence.value(answered)
      : this.metric.value(answered, this.#task);
  }

  #firstStage(mask: Float32Array): number {
    const { destinations } = this.#graph;
    return destinations.reduce((least, { firstEdge, reads, stage }) => {
      const lost = () => mask.subarray(firstEdge, firstEdge + reads).includes(1);
      return stage < least && lost() ? stage : least;
    }, destinations.at(-1)!.stage);
  }
}

function badness({ better }: PromptMetric, value: number, ofModel: () => number): number {
  if (better === "lower") return value;
  return better === "higher" ? -value : Math.abs(value - ofModel());
}

/** The model's probabilities over the vocabulary, and the sum of p ln p. */
interface ModelSide {
  readonly probabilities: Float64Array;
  readonly negentropy: number;
}

/** Equal to the metric `kl` up to float64 rounding, for a third of the work. */
export class DivergenceFromModel {
  readonly #known = new WeakMap<Row, ModelSide>();

  /** Nats, mean over readout positions. */
  value({ model, circuit }: Pick<Answered, "model" | "circuit">): number {
    const each = model.map((row, i) => this.#divergence(row, circuit[i]!));
    return each.reduce((sum, x) => sum + x, 0) / each.length;
  }

  #divergence(model: Row, circuit: Row): number {
    const { probabilities, negentropy } = this.#sideOf(model);
    const total = logSumExpOf(circuit);
    let cross = 0;
    for (let i = 0; i < circuit.length; i++) {
      const p = probabilities[i]!;
      if (p > 0) cross += p * (circuit[i]! - total);
    }
    return negentropy - cross;
  }

  #sideOf(model: Row): ModelSide {
    const known = this.#known.get(model);
    if (known) return known;
    const total = logSumExpOf(model);
    const probabilities = new Float64Array(model.length);
    let negentropy = 0;
    for (let i = 0; i < model.length; i++) {
      const logP = model[i]! - total;
      probabilities[i] = Math.exp(logP);
      if (probabilities[i]! > 0) negentropy += probabilities[i]! * logP;
    }
    const side = { probabilities, negentropy };
    this.#known.set(model, side);
    return side;
  }
}

/** Logits as of `runDense`; the mask must not replace anything before the stage. */
export async function runFrom(
  run: BatchRun,
  mask: EdgeMask,
  stage: number,
  prefix: Prefix,
): Promise<Logits> {
  const { graph, replacements } = run;
  const view = restartView(graph.shape, stage, replacements.form);
  const feeds = {
    ...prefixFeeds(prefix),
    ...named(replacementFeed, replacements.values),
    ...maskFeeds(readersOf(graph), mask),
  };
  return (await executed(run, { view: { ...view, feeds } })).logits;
}
