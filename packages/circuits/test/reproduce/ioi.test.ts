import type { Model } from "@diopter/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mean } from "../../src/ablation/ablation";
import { evaluate } from "../../src/evaluate/evaluate";
import { ioiCircuit } from "../../src/known/ioi";
import { gpt2Small } from "../../src/known/shapes";
import { type IoiReproduction, ioiCells, reproduceIoi } from "../../src/reproduce/ioi";
import { partsOf } from "../../src/reproduce/paper-cell";
import { ioi } from "../../src/task/generators/ioi";
import { ioiTemplates } from "../../src/task/generators/ioi-words";
import { randomModel, spaced } from "./random-model";

const tokenizer = spaced();
const templates = ioiTemplates.slice(0, 2);
let model: Model;
let found: IoiReproduction;
const seen: number[] = [];

beforeAll(async () => {
  model = await randomModel(gpt2Small, 200, 24);
  found = await reproduceIoi(model, {
    tokenizer,
    templates,
    perGroup: 3,
    perGroupInGrid: 4,
    meanSizes: [2, 4, 5],
    seed: 1,
    onProgress: ({ done }) => seen.push(done),
  });
});
afterAll(() => model.dispose());

test("the paper's plan is eight cells of the 26 heads and the 869 edges", () => {
  expect(ioiCells().map(({ name }) => name)).toEqual([
    "nodes, resample, specific tokens",
    "nodes, mean (ABC), specific tokens",
    "edges, resample, specific tokens",
    "edges, mean (ABC), specific tokens",
    "nodes, resample, all tokens",
    "nodes, mean (ABC), all tokens",
    "edges, resample, all tokens",
    "edges, mean (ABC), all tokens",
  ]);
  const [nodes, , edges] = ioiCells();
  expect(nodes!.circuit.elements.filter(({ name }) => name.startsWith("a"))).toHaveLength(26);
  expect(edges!.circuit.sizeAtPositions).toBe(869);
});

test("every cell has all prompts of all groups, and the paper's median where it drew one", () => {
  expect(found.prompts).toBe(3 * 2 * 2); // per group, orders, templates
  expect(found.processing).toEqual(["foldLayerNorm", "centerWritingWeights"]);
  expect(found.boxes).toHaveLength(8);
  for (const { cell } of found.boxes) expect(cell.prompts).toHaveLength(12);
  expect(found.boxes.map(({ published }) => published)).toEqual([
    ...[59, 92, 146, 155],
    ...[undefined, undefined, undefined, undefined],
  ]);
});

test("means are of one template and order, without a beginning-of-sequence token", async () => {
  const task = ioi({ tokenizer }, { templates, n: 12, seed: 1, prependBos: false });
  const [part] = partsOf(task, ["template", "order"]);
  expect(part!.prompts).toHaveLength(3);
  const processed = model.processed({ foldLayerNorm: true, centerWritingWeights: true });
  const ablation = {
    component: "node",
    tokens: "specific",
    value: mean({ over: "corrupt", by: "position", corruption: "ABC" }),
  } as const;
  const own = await evaluate(processed, part!, ioiCircuit("heads"), { ablation });
  if (!own.applicable) throw new Error(own.reason);
  const { cell } = found.boxes[1]!;
  const first = cell.prompts.filter(({ id }) => part!.prompts.some((prompt) => prompt.id === id));
  expect(first).toHaveLength(3);
  for (const [i, { circuit }] of first.entries())
    expect(circuit["logit-difference"]).toBeCloseTo(
      own.prompts[i]!.circuit["logit-difference"]!,
      5,
    );
});

test("the grid has both averages by size and order; sizes beyond the prompts are left out", () => {
  expect(found.grid.map(({ size, order }) => `${size} ${order}`)).toEqual([
    ...["2 ABBA", "2 BABA", "2 average"],
    ...["4 ABBA", "4 BABA", "4 average"],
  ]);
  const [a, b, both] = found.grid;
  expect(both!.ratioOfMeans).toBeCloseTo((a!.ratioOfMeans + b!.ratioOfMeans) / 2, 9);
  // Read off the figure: 67.5 and 88.4 average to 78.0, in the first column.
  expect(found.grid.slice(0, 3).map(({ published }) => published?.[0])).toEqual([67.5, 88.4, 78.0]);
  expect(found.grid[3]!.published).toBeUndefined();
});

test("progress counts the parts", () => {
  // 4 groups of prompts for the cells, 4 for each of 2 sizes.
  expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => i));
});
