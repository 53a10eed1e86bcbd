/** @file Batches of a task with what many runs of them share: their base run, the model's logits, the replacements. */

import type { Model } from "@diopter/model";
import type { Ablation, AblationValue } from "../ablation/ablation";
import type { Activations } from "../ablation/activations";
import type { EdgeGraph } from "../graph/edge-graph";
import { sourceHooks } from "../graph/sources";
import { type Batch, batchesOf, batchSizeFor, longestOf } from "../run/batches";
import { baseRows } from "../run/cell";
import { pickHooks } from "../run/feeds";
import { readSources } from "../run/read-sources";
import type { Replacements } from "../run/replacements/replacement";
import { replacementsFor } from "../run/replacements/replacements";
import { type Logits, runPlain } from "../run/run-batch";
import type { Task } from "../task/task";

export interface PreparedBatch extends Batch {
  /** Token ids of the run that is broken or repaired. */
  readonly rows: readonly (readonly number[])[];
  readonly replacements: Activations;
  /** What sources write in the base run, where asked for. */
  readonly sources: Activations | undefined;
  /** Logits of the clean run. */
  readonly clean: Logits;
}

export interface PreparedOptions {
  readonly direction: Ablation["direction"];
  readonly value: AblationValue;
  readonly batchSize: number | undefined;
  /** Whether the base run's sources are wanted. */
  readonly sources: boolean;
  readonly signal: AbortSignal | undefined;
  /** Bytes that may be kept; batches beyond are computed again each time. */
  readonly budget?: number;
}

/** All batches of a task, computed when asked for and kept while there is room. */
export class PreparedBatches {
  readonly batches: readonly Batch[];
  readonly draws: number;
  readonly #model: Model;
  readonly #graph: EdgeGraph;
  readonly #task: Task;
  readonly #options: PreparedOptions;
  readonly #replacements: Replacements;
  readonly #kept = new Map<string, PreparedBatch>();
  #room: number;
  /** Forward passes spent on preparing. */
  passes = 0;

  private constructor(
    model: Model,
    graph: EdgeGraph,
    task: Task,
    options: PreparedOptions,
    replacements: Replacements,
    batches: readonly Batch[],
  ) {
    this.#model = model;
    this.#graph = graph;
    this.#task = task;
    this.#options = options;
    this.#replacements = replacements;
    this.batches = batches;
    this.draws = replacements.draws;
    this.#room = options.budget ?? 1e9;
  }

  static async of(
    model: Model,
    graph: EdgeGraph,
    task: Task,
    options: PreparedOptions,
  ): Promise<PreparedBatches> {
    if (task.prompts.length === 0) throw new RangeError("discovery: the task has no prompts");
    const { direction, value, signal } = options;
    const pos = longestOf(task.prompts);
    const { dModel } = model.config;
    const batchSize = options.batchSize ?? batchSizeFor(pos, graph.sources.length, dModel);
    const context = { model, shape: graph.shape, task, direction, batchSize, signal };
    const replacements = await replacementsFor(value, context);
    const batches = batchesOf(task.prompts, batchSize, (prompt) => replacements.key(prompt));
    return new PreparedBatches(model, graph, task, options, replacements, batches);
  }

  /** Draws are counted on: the one after the last is the first again. */
  async at(index: number, draw = 0): Promise<PreparedBatch> {
    const own = draw % this.draws;
    const key = `${index} ${own}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const batch = await this.#prepared(this.batches[index]!, own);
    const bytes = bytesOf(batch.replacements) + (batch.sources ? bytesOf(batch.sources) : 0);
    if (bytes <= this.#room) {
      this.#room -= bytes;
      this.#kept.set(key, batch);
    }
    return batch;
  }

  async #prepared(batch: Batch, draw: number): Promise<PreparedBatch> {
    const { prompts } = batch;
    const { direction, value, signal, sources } = this.#options;
    const [model, { shape }] = [this.#model, this.#graph];
    const clean = prompts.map((prompt) => prompt.clean);
    // Which corrupt side is restored is a matter of the value.
    const rows = baseRows({ direction, value } as Ablation, this.#task, prompts);
    const { form, values } = await this.#replacements.draw(draw).at(prompts);
    this.passes += 1 + Number(form === "prompt") + Number(sources);
    return {
      ...batch,
      rows,
      replacements: { form, values: pickHooks(values, sourceHooks(shape)) },
      sources: sources ? await readSources(model, shape, rows, { signal }) : undefined,
      clean: await runPlain({ model, prompts, rows: clean, signal }),
    };
  }
}

function bytesOf({ values }: Activations): number {
  return Object.values(values).reduce((sum, { data }) => sum + data.byteLength, 0);
}
