/** @file A circuit under ablations: every metric of every prompt. */

import { checkedMetric, type Metric, type Model, metricRows } from "@diopter/model";
import { checkOptions, type OptionKeys } from "@diopter/tensor";
import { type Ablation, ablationOf, causalReading } from "../ablation/ablation";
import type { Activations } from "../ablation/activations";
import { NotApplicableError } from "../ablation/not-applicable";
import type { Circuit } from "../graph/circuit";
import type { CircuitJSON } from "../graph/circuit-json";
import type { PromptMetric } from "../metrics/prompt-metric";
import { promptMetric } from "../metrics/prompt-metrics";
import { type Batch, batchesOf, batchSizeFor, longestOf } from "../run/batches";
import { type Cell, circuitFor, type EngineName, runCell } from "../run/cell";
import { Job, type Progress } from "../run/job";
import type { Replacements } from "../run/replacements/replacement";
import { replacementsFor } from "../run/replacements/replacements";
import { executed } from "../run/run-batch";
import type { Task, TaskPrompt } from "../task/task";

export interface EvaluateOptions {
  /** Axes that differ from `resampleEdges`. */
  readonly ablation?: Partial<Ablation>;
  /** Names of metrics, or metrics of one's own over the task's prompts; the task's when absent. */
  readonly metrics?: readonly (string | PromptMetric | Metric)[];
  /** Prompts at a time; chosen by memory when absent. Results do not depend on it, batch means apart. */
  readonly batchSize?: number;
  /** Which graph computes it; chosen by the circuit when absent. Numbers are equal. */
  readonly engine?: "auto" | EngineName;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export const cellsKeys: OptionKeys<Omit<EvaluateOptions, "ablation">> = {
  metrics: "optional",
  batchSize: "optional",
  engine: "optional",
  signal: "optional",
  onProgress: "optional",
};

export const evaluateKeys: OptionKeys<EvaluateOptions> = { ...cellsKeys, ablation: "optional" };

/** Values of one prompt by metric name. */
export interface EvaluatedPrompt {
  readonly id: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly circuit: Readonly<Record<string, number>>;
  readonly model: Readonly<Record<string, number>>;
}

export interface Evaluation {
  readonly applicable: true;
  readonly ablation: Ablation;
  readonly reading: string;
  /** The circuit as it was run, projections named in its derivation. */
  readonly circuit: CircuitJSON;
  readonly size: {
    readonly kept: number;
    readonly of: number;
    readonly component: "edge" | "node";
  };
  readonly metrics: readonly string[];
  readonly prompts: readonly EvaluatedPrompt[];
  readonly engine: EngineName;
  readonly milliseconds: number;
}

/** A cell that has no number, and why. */
export interface NotApplicable {
  readonly applicable: false;
  readonly ablation: Ablation;
  readonly reason: string;
}

/** One circuit under one ablation, as asked for. */
export interface CellSpec {
  readonly circuit: Circuit;
  readonly ablation: Ablation;
}

/**
 * Runs a circuit under one ablation: per-prompt metrics of the circuit and of the model.
 *
 * Gives a reason in the place of numbers where the ablation means nothing for task or circuit.
 *
 * @example await evaluate(model, task, circuit, { ablation: { component: "node", value: mean() } });
 */
export async function evaluate(
  model: Model,
  task: Task,
  circuit: Circuit,
  options: EvaluateOptions = {},
): Promise<Evaluation | NotApplicable> {
  checkOptions("evaluate", options, evaluateKeys);
  const { ablation, ...cells } = options;
  const spec = { circuit, ablation: ablationOf(ablation) };
  const [result] = await evaluateCells(model, task, [spec], cells);
  return result!;
}

/** What all cells of one evaluation share. */
interface Asked {
  readonly model: Model;
  readonly task: Task;
  readonly metrics: readonly (PromptMetric | Metric)[];
  readonly signal: AbortSignal | undefined;
}

/** The same for many circuits and ablations: a batch's own run and its replacements are computed once for all cells. */
export async function evaluateCells(
  model: Model,
  task: Task,
  specs: readonly CellSpec[],
  options: Omit<EvaluateOptions, "ablation"> = {},
): Promise<(Evaluation | NotApplicable)[]> {
  checkOptions("evaluateCells", options, cellsKeys);
  const { signal, engine = "auto" } = options;
  if (task.prompts.length === 0) throw new RangeError("evaluate: the task has no prompts");
  const metrics = (options.metrics ?? [task.metric]).map((metric) =>
    typeof metric === "string" ? promptMetric(metric) : metric,
  );
  for (const metric of metrics)
    if (isGraph(metric)) checkedMetric(metric, task.prompts.length, model.config.dVocabOut);
  const asked: Asked = { model, task, metrics, signal };
  const batchSize = options.batchSize ?? sizeFor(model, task, specs);
  const shared = new SharedReplacements(asked, batchSize);
  const cells: (PreparedCell | NotApplicable)[] = [];
  for (const { circuit, ablation } of specs) {
    cells.push(
      await applicable(ablation, async () => {
        requireShape(circuit, model);
        const own = circuitFor(circuit, ablation);
        const replacements = await shared.of(own, ablation);
        return new PreparedCell({ ablation, circuit: own, replacements, engine });
      }),
    );
  }
  const key = (prompt: TaskPrompt) =>
    cells
      .map((cell) => (cell instanceof PreparedCell ? cell.replacements.key(prompt) : ""))
      .join("\n");
  const batches = batchesOf(task.prompts, batchSize, key);
  const job = new Job(options);
  job.expect(batches.length);
  for (const batch of batches) {
    job.proceed();
    await runBatch(asked, batch, cells, shared);
    job.step();
  }
  return cells.map((cell) => (cell instanceof PreparedCell ? cell.result(asked) : cell));
}

/** Whether a metric is a piece of graph, and not a function of the logits of both models. */
function isGraph(metric: PromptMetric | Metric): metric is Metric {
  return "build" in metric;
}

async function runBatch(
  { model, task, metrics, signal }: Asked,
  batch: Batch,
  cells: (PreparedCell | NotApplicable)[],
  shared: SharedReplacements,
): Promise<void> {
  const { prompts, indices } = batch;
  const rows = prompts.map(({ clean }) => clean);
  const graphs = Object.fromEntries(
    metrics.flatMap((metric) =>
      isGraph(metric) ? [[metric.name, metricRows(metric, indices)] as const] : [],
    ),
  );
  const plain = await executed({ model, prompts, rows, signal }, {}, graphs);
  const own = plain.logits;
  const values = (ran: Pick<typeof plain, "logits" | "metrics">, i: number) =>
    Object.fromEntries(
      metrics.map((metric) => [
        metric.name,
        isGraph(metric)
          ? ran.metrics[metric.name]![i]!
          : metric.value({ prompt: prompts[i]!, model: own[i]!, circuit: ran.logits[i]! }, task),
      ]),
    );
  shared.begin(prompts);
  for (const [at, cell] of cells.entries()) {
    if (!(cell instanceof PreparedCell)) continue;
    const started = performance.now();
    const ran = await applicable(cell.ablation, async () => {
      for (let draw = 0; draw < cell.replacements.draws; draw++) {
        const replacements = await shared.values(cell, draw);
        const run = await runCell(cell, model, task, prompts, replacements, {
          metrics: graphs,
          signal,
        });
        cell.engineUsed = run.engine;
        for (const [i, index] of indices.entries())
          cell.add(index, values(run, i), values(plain, i));
      }
    });
    cell.milliseconds += performance.now() - started;
    if (ran && !ran.applicable) cells[at] = ran;
  }
}

/** Runs `work`; a `NotApplicableError` becomes the cell's result. */
async function applicable<T>(
  ablation: Ablation,
  work: () => Promise<T>,
): Promise<T | NotApplicable> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotApplicableError)) throw error;
    return { applicable: false, ablation, reason: error.reason };
  }
}

/** Replacement values by kind, read once per batch however many cells use them. */
class SharedReplacements {
  readonly #asked: Asked;
  readonly #batchSize: number;
  readonly #known = new Map<string, Promise<Replacements>>();
  readonly #current = new Map<string, Promise<Activations>>();
  readonly #given = new Map<object, number>();
  #prompts: readonly TaskPrompt[] = [];

  constructor(asked: Asked, batchSize: number) {
    this.#asked = asked;
    this.#batchSize = batchSize;
  }

  of({ shape }: Circuit, ablation: Ablation): Promise<Replacements> {
    const key = this.#keyOf(ablation);
    const { model, task, signal } = this.#asked;
    const known =
      this.#known.get(key) ??
      replacementsFor(ablation.value, {
        model,
        shape,
        task,
        direction: ablation.direction,
        batchSize: this.#batchSize,
        signal,
      });
    this.#known.set(key, known);
    return known;
  }

  /** Equal for ablations that replace with the same numbers; numbers of one's own are told apart as objects. */
  #keyOf({ value, direction, embedding }: Ablation): string {
    if (value.kind !== "given") return JSON.stringify([value, direction, embedding]);
    const known = this.#given.get(value.activations) ?? this.#given.size;
    this.#given.set(value.activations, known);
    return JSON.stringify([known, direction, embedding]);
  }

  begin(prompts: readonly TaskPrompt[]): void {
    this.#prompts = prompts;
    this.#current.clear();
  }

  values({ ablation, replacements }: Cell, draw: number): Promise<Activations> {
    const key = `${draw} ${this.#keyOf(ablation)}`;
    const known = this.#current.get(key) ?? replacements.draw(draw).at(this.#prompts);
    this.#current.set(key, known);
    return known;
  }
}

/** A cell with the numbers that it has so far. */
class PreparedCell implements Cell {
  readonly ablation: Ablation;
  readonly circuit: Circuit;
  readonly replacements: Replacements;
  readonly engine: Cell["engine"];
  engineUsed: EngineName = "dense";
  milliseconds = 0;
  readonly #circuit: Record<string, number>[] = [];
  readonly #model: Record<string, number>[] = [];

  constructor({ ablation, circuit, replacements, engine }: Cell) {
    this.ablation = ablation;
    this.circuit = circuit;
    this.replacements = replacements;
    this.engine = engine;
  }

  /** Adds one draw of a prompt; several are averaged. */
  add(index: number, circuit: Record<string, number>, model: Record<string, number>): void {
    const { draws } = this.replacements;
    const sum = this.#circuit[index] ?? {};
    for (const [name, value] of Object.entries(circuit))
      sum[name] = (sum[name] ?? 0) + value / draws;
    this.#circuit[index] = sum;
    this.#model[index] = model;
  }

  result({ task, metrics }: Asked): Evaluation {
    const { ablation, circuit, engineUsed: engine, milliseconds } = this;
    const of =
      circuit.component === "edge" ? circuit.graph.edgeCount : circuit.graph.sources.length;
    return {
      applicable: true,
      ablation,
      reading: causalReading(ablation),
      circuit: circuit.toJSON(),
      size: { kept: circuit.size, of, component: circuit.component },
      metrics: metrics.map(({ name }) => name),
      prompts: task.prompts.map(({ id, groups }, i) => ({
        id,
        groups,
        circuit: this.#circuit[i]!,
        model: this.#model[i]!,
      })),
      engine,
      milliseconds,
    };
  }
}

function requireShape({ shape, name }: Circuit, { config }: Model): void {
  for (const key of ["nLayers", "nHeads", "nKeyValueHeads", "attnOnly"] as const) {
    if (shape[key] !== config[key]) {
      const regrouped =
        config[key] === config.nHeads ? "toHeads()" : `toGroups(${config.nKeyValueHeads})`;
      const help = key === "nKeyValueHeads" ? `; circuit.${regrouped} puts it so` : "";
      throw new RangeError(
        `circuit "${name}" is for a model with ${key} ${shape[key]}, got ${config[key]}${help}`,
      );
    }
  }
  if (shape.parallel !== config.parallelAttnMlp) {
    throw new RangeError(
      `circuit "${name}" is for a model with ${shape.parallel ? "parallel" : "serial"} blocks`,
    );
  }
}

function sizeFor({ config }: Model, task: Task, specs: readonly CellSpec[]): number {
  const pos = longestOf(task.prompts);
  const sources = specs[0]?.circuit.graph.sources.length ?? 1;
  return batchSizeFor(pos, sources, config.dModel);
}
