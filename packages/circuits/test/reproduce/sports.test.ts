import { expect, test } from "vitest";
import { Circuit } from "../../src/graph/circuit";
import type { GraphShape } from "../../src/graph/shape";
import { sportsCircuit } from "../../src/known/sports";
import { reproduceSports, sportsCells } from "../../src/reproduce/sports";
import { sports } from "../../src/task/generators/sports";
import { randomModel, spaced } from "./random-model";

const shape: GraphShape = {
  nLayers: 2,
  nHeads: 4,
  nKeyValueHeads: 4,
  attnOnly: false,
  parallel: true,
  inputs: "joint",
  embedding: "joint",
};

const teams = { basketball: "Ann Ben Cat", baseball: "Dan Eve Fay", football: "Gus Hal Ida" };
const players = Object.entries(teams).flatMap(([sport, names]) =>
  names.split(" ").map((name) => ({ name: `${name} Van ${name}son`, sport })),
);

test("the paper's plan is six cells of 4,518 joint edges at tokens", () => {
  const cells = sportsCells(sportsCircuit("positions"));
  expect(cells.map(({ name }) => name)).toEqual([
    "mean (clean and corrupt), everything ablated",
    "mean (clean and corrupt), circuit kept",
    "mean (clean and corrupt), circuit ablated",
    "resample, everything ablated",
    "resample, circuit kept",
    "resample, circuit ablated",
  ]);
  expect(cells.every(({ ablation }) => ablation.granularity === "joint")).toBe(true);
  expect(cells[1]!.circuit.sizeAtPositions).toBe(4518);
});

test("resampling everything gives the other sport's answer; a mean cannot tell sports apart", async () => {
  const tokenizer = spaced();
  const task = sports({ tokenizer }, { players, prependBos: false });
  const model = await randomModel(shape, 60, 30);
  const edges = ["input->m0@final_name_tok", "m0->a1.h2@final_name_tok", "a1.h2->logits@end"];
  const circuit = Circuit.ofEdges(shape, edges, { name: "few", version: "1" });
  const { rows, prompts } = await reproduceSports(model, task, { circuit });
  expect(prompts).toBe(9);
  const row = (name: string) => rows.find((each) => each.name === name)!;
  expect(rows.map(({ published }) => published)).toEqual([
    ...[32.5, 77.5, undefined, 0, 0, undefined, 100, 100],
  ]);
  // A mean is the same for all nine prompts, three of each sport: it is right on one sport at most.
  const ablated = row("mean (clean and corrupt), everything ablated");
  expect(ablated.correct).toBeCloseTo(100 / 3, 9);
  expect(row("resample, full model").correct).toBe(
    row("mean (clean and corrupt), full model").correct,
  );
  await model.dispose();
});

test("no more prompts than asked for are run", async () => {
  const task = sports({ tokenizer: spaced() }, { players, prependBos: false });
  const model = await randomModel(shape, 60, 30);
  const edges = ["input->logits@end"];
  const circuit = Circuit.ofEdges(shape, edges, { name: "one", version: "1" });
  const { prompts, rows } = await reproduceSports(model, task, { circuit, n: 3 });
  expect([prompts, rows[0]!.cell.prompts.length]).toEqual([3, 3]);
  await model.dispose();
});
