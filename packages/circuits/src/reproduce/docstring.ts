/** @file The experiment of Miller et al. 2024 (arXiv 2407.08734) on docstrings, as it was set up. */

import type { Model } from "@diopter/model";
import { quantile } from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";
import { type AblationValue, ablationOf, mean, resample } from "../ablation/ablation";
import { docstringCircuit } from "../known/docstring";
import { docstring } from "../task/generators/docstring";
import type { Task } from "../task/task";
import type { TaskTokenizer } from "../task/tokenizer";
import {
  average,
  metricOf,
  type PaperCell,
  partCounter,
  type RanCell,
  type ReproduceOptions,
  runPaperCells,
} from "./paper-cell";

export interface ReproduceDocstringOptions extends ReproduceOptions {
  /** The model's own unless told. */
  readonly tokenizer?: TaskTokenizer | undefined;
  /** Prompts; 50 unless told. */
  readonly n?: number | undefined;
}

export interface DocstringRow {
  readonly name: string;
  /** Percent of prompts whose arg-max is the answer. */
  readonly argMax: number;
  /** Percent of prompts whose answer lies above all listed wrong answers, which is what the paper's script counts. */
  readonly beatsListed: number;
  /** Of the answer. */
  readonly probability: readonly [q1: number, median: number, q3: number];
  /** Percent correct in the paper. */
  readonly published: number | undefined;
  readonly cell: RanCell;
}

export interface DocstringReproduction {
  readonly kind: "diopter/reproduce-docstring";
  readonly schema: 1;
  readonly processing: readonly string[];
  readonly prompts: number;
  /** First tokens that all prompts and corruptions share; they are never replaced. */
  readonly prefix: number;
  /** The full model, then the cells. */
  readonly rows: readonly DocstringRow[];
}

const metrics = ["accuracy", "accuracy-beats-wrong", "probability"];
const fullModel = "full model";

/** Percent correct by cell in the paper, of 50 prompts. */
const paperCorrect: Readonly<Record<string, number>> = {
  [fullModel]: 56,
  "nodes, resample, all tokens": 58,
  "edges, resample, all tokens": 12,
  "nodes, resample, specific tokens": 8,
  "edges, resample, specific tokens": 0,
  "nodes, mean (clean and corrupt), all tokens": 76,
  "edges, mean (clean and corrupt), all tokens": 72,
  "nodes, mean (clean and corrupt), specific tokens": 0,
  "edges, mean (clean and corrupt), specific tokens": 42,
};

/**
 * Nodes and edges, resample and mean, all and specific tokens, for the four-layer attention-only model.
 *
 * As in the paper: prompts begin with the beginning-of-sequence token, the prefix that they share stays clean, means
 * are by position over clean and corrupt prompts together. Throws `RangeError` unless the model has 4 attention-only
 * layers of 8 heads.
 *
 * @example const { rows } = await reproduceDocstring(model);
 */
export async function reproduceDocstring(
  model: Model,
  options: ReproduceDocstringOptions = {},
): Promise<DocstringReproduction> {
  checkOptions("reproduceDocstring", options, {
    tokenizer: "optional",
    n: "optional",
    seed: "optional",
    signal: "optional",
    onProgress: "optional",
  });
  const { tokenizer = model.tokenizer, n = 50, seed, signal, onProgress } = options;
  if (!tokenizer) throw new RangeError(`reproduce: ${model.id} has no tokenizer`);
  const task = docstring({ tokenizer }, { n, seed });
  const prefix = sharedPrefix(task, corruption);
  const onPart = partCounter(1, onProgress);
  const cells = await runPaperCells(model, [task], docstringCells(prefix), {
    metrics,
    signal,
    onPart,
  });
  return {
    kind: "diopter/reproduce-docstring",
    schema: 1,
    processing: model.processing,
    prompts: n,
    prefix,
    rows: [
      rowOf({ ...cells[0]!, name: fullModel }, "model"),
      ...cells.map((cell) => rowOf(cell, "circuit")),
    ],
  };
}

const corruption = "random-random";

/** The eight cells; of 24 edges one is at no position. */
export function docstringCells(prefix: number): PaperCell[] {
  const values: readonly (readonly [string, AblationValue])[] = [
    ["resample", resample({ corruption })],
    ["mean (clean and corrupt)", mean({ over: "both", by: "position", corruption })],
  ];
  return values.flatMap(([value, what]) =>
    (["all", "specific"] as const).flatMap((tokens) =>
      (["node", "edge"] as const).map((component) => ({
        name: `${component}s, ${value}, ${tokens} tokens`,
        circuit: docstringCircuit(
          component === "node" ? "nodes" : tokens === "all" ? "edges" : "positions",
        ),
        ablation: ablationOf({ component, value: what, tokens, prefix }),
      })),
    ),
  );
}

/** How many first tokens all prompts and their corruptions have in common. */
export function sharedPrefix({ prompts }: Task, corruption: string): number {
  const rows = prompts.flatMap(({ clean, corrupt }) => [clean, corrupt[corruption] ?? clean]);
  const [first = []] = rows;
  const differs = first.findIndex((id, i) => rows.some((row) => row[i] !== id));
  return differs < 0 ? first.length : differs;
}

function rowOf(cell: RanCell, of: "circuit" | "model"): DocstringRow {
  const values = (metric: string) => metricOf(cell, metric, of);
  const probability = values("probability");
  return {
    name: cell.name,
    argMax: 100 * average(values("accuracy")),
    beatsListed: 100 * average(values("accuracy-beats-wrong")),
    probability: [
      quantile(probability, 0.25),
      quantile(probability, 0.5),
      quantile(probability, 0.75),
    ],
    published: paperCorrect[cell.name],
    cell,
  };
}
