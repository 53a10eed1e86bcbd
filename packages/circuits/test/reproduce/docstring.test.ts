import { expect, test } from "vitest";
import { attnOnly4l } from "../../src/known/shapes";
import { docstringCells, reproduceDocstring, sharedPrefix } from "../../src/reproduce/docstring";
import { docstring } from "../../src/task/generators/docstring";
import { randomModel, wordLevel } from "./random-model";

test("the paper's plan is eight cells; of 24 edges one is at no position", () => {
  const cells = docstringCells(5);
  expect(cells.map(({ name }) => name)).toEqual([
    "nodes, resample, all tokens",
    "edges, resample, all tokens",
    "nodes, resample, specific tokens",
    "edges, resample, specific tokens",
    "nodes, mean (clean and corrupt), all tokens",
    "edges, mean (clean and corrupt), all tokens",
    "nodes, mean (clean and corrupt), specific tokens",
    "edges, mean (clean and corrupt), specific tokens",
  ]);
  expect(cells[1]!.circuit.size).toBe(24);
  expect(cells[3]!.circuit.sizeAtPositions).toBe(34);
  expect(cells.every(({ ablation }) => ablation.prefix === 5)).toBe(true);
});

test("the table has the model and eight cells, with what the paper found", async () => {
  const tokenizer = wordLevel();
  const model = await randomModel(attnOnly4l, 700, 80);
  const found = await reproduceDocstring(model, { tokenizer, n: 4, seed: 1 });
  expect(found.rows.map(({ published }) => published)).toEqual([56, 58, 12, 8, 0, 76, 72, 0, 42]);
  expect(found.rows[0]!.name).toBe("full model");
  for (const { argMax, beatsListed, probability, cell } of found.rows) {
    expect(cell.prompts).toHaveLength(4);
    // The arg-max is above all listed wrong answers too.
    expect(beatsListed).toBeGreaterThanOrEqual(argMax);
    const [q1, median, q3] = probability;
    expect(0 <= q1 && q1 <= median && median <= q3 && q3 <= 1).toBe(true);
  }
  const model0 = found.rows[0]!.cell.prompts.map((prompt) => prompt.model.probability!);
  const sorted = [...model0].sort((a, b) => a - b);
  expect(found.rows[0]!.probability[1]).toBeCloseTo((sorted[1]! + sorted[2]!) / 2, 9);
  await model.dispose();
});

test("the shared prefix ends where a prompt or a corruption differs", () => {
  const tokenizer = wordLevel();
  const task = docstring({ tokenizer }, { n: 6, seed: 0 });
  const length = sharedPrefix(task, "random-random");
  const rows = task.prompts.flatMap(({ clean, corrupt }) => [clean, corrupt["random-random"]!]);
  expect(new Set(rows.map((row) => row.slice(0, length).join())).size).toBe(1);
  expect(new Set(rows.map((row) => row.slice(0, length + 1).join())).size).toBeGreaterThan(1);
  // <bos> def, and then the method.
  expect(length).toBe(2);
});
