/** @file The experiments of Miller et al. 2024 (arXiv 2407.08734) on indirect objects, as they were set up. */

import type { Model } from "@diopter/model";
import { quantile } from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";
import { type AblationValue, ablationOf, mean, resample } from "../ablation/ablation";
import { ioiCircuit } from "../known/ioi";
import { recovered } from "../metrics/recovered";
import { ioi } from "../task/generators/ioi";
import type { Task } from "../task/task";
import type { TaskTokenizer } from "../task/tokenizer";
import {
  metricOf,
  type PaperCell,
  partCounter,
  partsOf,
  type RanCell,
  type ReproduceOptions,
  runPaperCells,
} from "./paper-cell";

export interface ReproduceIoiOptions extends ReproduceOptions {
  /** The model's own unless told. */
  readonly tokenizer?: TaskTokenizer | undefined;
  /** Prompts of each template and order in the comparison of cells; 100 unless told. */
  readonly perGroup?: number | undefined;
  /** The same in the grid of mean sizes; 200 unless told. */
  readonly perGroupInGrid?: number | undefined;
  /** Numbers of prompts that means are taken over; 2, 5, 10, 20, 50, 100, 200 unless told. */
  readonly meanSizes?: readonly number[] | undefined;
  /** All fifteen unless told. */
  readonly templates?: readonly string[] | undefined;
}

/** Percent of the logit difference recovered over the prompts of a cell. */
export interface IoiBox {
  readonly name: string;
  readonly quartiles: readonly [q1: number, median: number, q3: number];
  readonly ratioOfMeans: number;
  readonly meanOfRatios: number;
  /** Median of the paper's box, read off its figure to 1.5 points; only specific tokens are drawn there. */
  readonly published: number | undefined;
  readonly cell: RanCell;
}

export interface IoiMeanSize {
  /** Prompts that a mean is taken over. */
  readonly size: number;
  readonly order: "ABBA" | "BABA" | "average";
  /** Percent. */
  readonly ratioOfMeans: number;
  readonly meanOfRatios: number;
  /** Both as read off the paper's figure, to 0.3 points. */
  readonly published: readonly [ratioOfMeans: number, meanOfRatios: number] | undefined;
}

export interface IoiReproduction {
  readonly kind: "diopter/reproduce-ioi";
  readonly schema: 1;
  /** Steps of weight processing that the model has been through. */
  readonly processing: readonly string[];
  readonly prompts: number;
  readonly boxes: readonly IoiBox[];
  readonly grid: readonly IoiMeanSize[];
}

const paperSizes = [2, 5, 10, 20, 50, 100, 200] as const;

/** Medians of the paper's figure by component and value. */
const paperMedians: Readonly<Record<string, number>> = {
  "nodes, resample, specific tokens": 59,
  "nodes, mean (ABC), specific tokens": 92,
  "edges, resample, specific tokens": 146,
  "edges, mean (ABC), specific tokens": 155,
};

// biome-ignore format: a table
/** The paper's figure by order, [ratio of means, mean of ratios] by size. */
const paperGrid: Readonly<Record<"ABBA" | "BABA" | "average", readonly (readonly [number, number])[]>> = {
  ABBA: [[67.5, 58.8], [72.2, 73.4], [72.5, 76.1], [72.7, 78.3], [73.1, 78.8], [73.4, 79.7], [73.1, 79.2]],
  BABA: [[88.4, 95.2], [106.8, 118.1], [112.9, 125.8], [115.6, 128.1], [117.0, 128.7], [117.6, 132.7], [117.8, 133.3]],
  average: [[78.0, 77.0], [89.5, 95.7], [92.7, 101.0], [94.2, 103.2], [95.0, 103.8], [95.5, 106.2], [95.5, 106.2]],
};

const metric = "logit-difference";

/**
 * Nodes and edges, resample and mean over ABC prompts, specific and all tokens; then how the averages depend on the
 * number of prompts that means are taken over.
 *
 * As in the paper: layer norms folded and writing weights centred, fifteen templates in both orders, no
 * beginning-of-sequence token, the complement ablated from the clean run, means per template and order, those of the
 * grid over the batch at hand. Throws `RangeError` unless the
 * model has 12 layers of 12 heads.
 *
 * @example
 * const { boxes } = await reproduceIoi(await Model.load("path/to/gpt2", { runtime }));
 */
export async function reproduceIoi(
  model: Model,
  options: ReproduceIoiOptions = {},
): Promise<IoiReproduction> {
  checkOptions("reproduceIoi", options, {
    tokenizer: "optional",
    perGroup: "optional",
    perGroupInGrid: "optional",
    meanSizes: "optional",
    templates: "optional",
    seed: "optional",
    signal: "optional",
    onProgress: "optional",
  });
  const { perGroup = 100, perGroupInGrid = 200, meanSizes = paperSizes, signal } = options;
  const processed = asInPaper(model);
  const parts = promptsOf(model, options, perGroup);
  const gridParts = promptsOf(model, options, perGroupInGrid);
  const sizes = meanSizes.filter((size) => size <= perGroupInGrid);
  const count = partCounter(parts.length + sizes.length * gridParts.length, options.onProgress);
  const run = { metrics: [metric], signal, onPart: count };
  const cells = await runPaperCells(processed, parts, ioiCells(), run);
  const grid: IoiMeanSize[] = [];
  for (const size of sizes) {
    const [cell] = await runPaperCells(processed, gridParts, [gridCell()], {
      ...run,
      batchSize: size,
    });
    grid.push(...averagesOf(cell!, size));
  }
  return {
    kind: "diopter/reproduce-ioi",
    schema: 1,
    processing: processed.processing,
    prompts: parts.reduce((total, part) => total + part.prompts.length, 0),
    boxes: cells.map(boxOf),
    grid,
  };
}

/** The model with the steps of weight processing that it has not been through. */
function asInPaper(model: Model): Model {
  const missing = (["foldLayerNorm", "centerWritingWeights"] as const).filter(
    (step) => !model.processing.includes(step),
  );
  return model.processed(Object.fromEntries(missing.map((step) => [step, true])));
}

/** The eight cells: the 26 heads as nodes, their edges as edges. */
export function ioiCells(): PaperCell[] {
  const nodes = { name: "nodes", component: "node", circuit: ioiCircuit("heads") } as const;
  const edges = { name: "edges", component: "edge", circuit: ioiCircuit("positions") } as const;
  const values: readonly (readonly [string, AblationValue])[] = [
    ["resample", resample({ corruption: "ABC" })],
    ["mean (ABC)", mean({ over: "corrupt", by: "position", corruption: "ABC" })],
  ];
  return (["specific", "all"] as const).flatMap((tokens) =>
    [nodes, edges].flatMap(({ name, component, circuit }) =>
      values.map(([value, what]) => ({
        name: `${name}, ${value}, ${tokens} tokens`,
        circuit,
        ablation: ablationOf({ component, value: what, tokens }),
      })),
    ),
  );
}

/** Nodes at their tokens, the rest at the mean of the batch's ABC prompts. */
function gridCell(): PaperCell {
  return {
    name: "nodes, mean (ABC of the batch), specific tokens",
    circuit: ioiCircuit("heads"),
    ablation: ablationOf({
      component: "node",
      tokens: "specific",
      value: mean({ over: "batch", by: "position", corruption: "ABC" }),
    }),
  };
}

function promptsOf(
  model: Model,
  { tokenizer = model.tokenizer, seed, templates }: ReproduceIoiOptions,
  perGroup: number,
): Task[] {
  if (!tokenizer) throw new RangeError(`reproduce: ${model.id} has no tokenizer`);
  const groups = 2 * (templates?.length ?? 15);
  const n = perGroup * groups;
  const task = ioi({ tokenizer }, { n, seed, prependBos: false, ...(templates && { templates }) });
  return partsOf(task, ["template", "order"]);
}

function boxOf(cell: RanCell): IoiBox {
  const { ratios, ratioOfMeans, meanOfRatios, undefinedAt } = shareOf(cell);
  const defined = ratios.filter((_, i) => !undefinedAt.includes(i));
  return {
    name: cell.name,
    quartiles: [quantile(defined, 0.25), quantile(defined, 0.5), quantile(defined, 0.75)],
    ratioOfMeans,
    meanOfRatios,
    published: paperMedians[cell.name],
    cell,
  };
}

/** Both averages of each order, and the mean of the two. */
function averagesOf(cell: RanCell, size: number): IoiMeanSize[] {
  const column = (paperSizes as readonly number[]).indexOf(size);
  const byOrder = (["ABBA", "BABA"] as const).map((order) => {
    const prompts = cell.prompts.filter(({ groups }) => groups.order === order);
    const { ratioOfMeans, meanOfRatios } = shareOf({ prompts });
    return { size, order, ratioOfMeans, meanOfRatios, published: paperGrid[order][column] };
  });
  const [a, b] = byOrder as [IoiMeanSize, IoiMeanSize];
  return [
    ...byOrder,
    {
      size,
      order: "average",
      ratioOfMeans: (a.ratioOfMeans + b.ratioOfMeans) / 2,
      meanOfRatios: (a.meanOfRatios + b.meanOfRatios) / 2,
      published: paperGrid.average[column],
    },
  ];
}

function shareOf(cell: Pick<RanCell, "prompts">) {
  return recovered(metricOf(cell, metric), metricOf(cell, metric, "model"));
}
