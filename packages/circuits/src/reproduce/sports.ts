/** @file The experiment of Miller et al. 2024 (arXiv 2407.08734) on sports of players, as it was set up. */

import type { Model } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import {
  type Ablation,
  type AblationValue,
  ablationOf,
  mean,
  resample,
} from "../ablation/ablation";
import { Circuit } from "../graph/circuit";
import { sportsCircuit } from "../known/sports";
import type { Task } from "../task/task";
import {
  average,
  metricOf,
  type PaperCell,
  partCounter,
  type RanCell,
  type ReproduceOptions,
  runPaperCells,
} from "./paper-cell";

export interface ReproduceSportsOptions extends ReproduceOptions {
  /** Prompts of the task to use; 200 unless told, or all where there are fewer. */
  readonly n?: number | undefined;
  /** Another circuit than the published one, for another model. */
  readonly circuit?: Circuit | undefined;
}

export interface SportsRow {
  readonly name: string;
  /** Percent of prompts on which the right sport has the largest logit of the sports. */
  readonly correct: number;
  /** The same in the paper. */
  readonly published: number | undefined;
  readonly cell: RanCell;
}

export interface SportsReproduction {
  readonly kind: "diopter/reproduce-sports";
  readonly schema: 1;
  readonly processing: readonly string[];
  readonly prompts: number;
  readonly rows: readonly SportsRow[];
}

const metric = "accuracy-beats-wrong";

/** Percent correct by row in the paper. */
const paperCorrect: Readonly<Record<string, number>> = {
  "mean (clean and corrupt), everything ablated": 32.5,
  "mean (clean and corrupt), circuit kept": 77.5,
  "mean (clean and corrupt), full model": 100,
  "resample, everything ablated": 0,
  "resample, circuit kept": 0,
  "resample, full model": 100,
};

/**
 * Edges at their tokens, heads with one input each, with everything ablated, the circuit kept, or nothing ablated;
 * then the paper's second script: the circuit itself ablated.
 *
 * The task is one that `sports` makes from players that the model knows, or a file of prompts. Throws `RangeError`
 * unless the model has the circuit's shape, 32 layers of 32 heads.
 *
 * @example await reproduceSports(model, sports({ tokenizer: model.tokenizer! }, { players, prependBos: false }));
 */
export async function reproduceSports(
  model: Model,
  task: Task,
  options: ReproduceSportsOptions = {},
): Promise<SportsReproduction> {
  checkOptions("reproduceSports", options, {
    n: "optional",
    circuit: "optional",
    seed: "optional",
    signal: "optional",
    onProgress: "optional",
  });
  const { n = 200, circuit = sportsCircuit("positions"), signal, onProgress } = options;
  const part = { ...task, prompts: task.prompts.slice(0, n) };
  const onPart = partCounter(1, onProgress);
  const run = { metrics: [metric], signal, onPart };
  const cells = await runPaperCells(model, [part], sportsCells(circuit), run);
  const rows = cells.map((cell) => rowOf(cell, "circuit"));
  const full = ["mean (clean and corrupt)", "resample"].map((value) =>
    rowOf(
      { ...cells.find(({ name }) => name.startsWith(value))!, name: `${value}, full model` },
      "model",
    ),
  );
  return {
    kind: "diopter/reproduce-sports",
    schema: 1,
    processing: model.processing,
    prompts: part.prompts.length,
    rows: [...rows, ...full],
  };
}

/** Six cells: nothing kept, the circuit kept, the circuit ablated, by mean and by resample. */
export function sportsCells(circuit: Circuit): PaperCell[] {
  const { shape } = circuit;
  const nothing = Circuit.ofEdges(shape, [], { name: "everything ablated", version: "1" });
  const values: readonly (readonly [string, AblationValue])[] = [
    ["mean (clean and corrupt)", mean({ over: "both", by: "position" })],
    ["resample", resample()],
  ];
  return values.flatMap(([value, what]) => {
    const cell = (name: string, kept: Circuit, axes: Partial<Ablation>): PaperCell => ({
      name: `${value}, ${name}`,
      circuit: kept,
      ablation: ablationOf({ granularity: shape.inputs, value: what, ...axes }),
    });
    return [
      // Nothing is kept anywhere, so there are no positions to name.
      cell("everything ablated", nothing, { tokens: "all" }),
      cell("circuit kept", circuit, { tokens: "specific" }),
      cell("circuit ablated", circuit, { tokens: "specific", set: "circuit" }),
    ];
  });
}

function rowOf(cell: RanCell, of: "circuit" | "model"): SportsRow {
  return {
    name: cell.name,
    correct: 100 * average(metricOf(cell, metric, of)),
    published: paperCorrect[cell.name],
    cell,
  };
}
