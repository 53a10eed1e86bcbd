import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Circuit, evaluate, shapeOf } from "@diopter/circuits";
import { worldTasks } from "@diopter/circuits/tasks";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { sentences, world, worldCausal } from "@diopter/tiny-models";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diopter, temporaryFolder } from "../capture";

let model: Model;
beforeAll(async () => {
  model = await Model.load(await worldCausal(), { runtime: node() });
});
afterAll(() => model.dispose());

/** Some edges, all but one without positions. */
function written(cwd: string): Circuit {
  const edges = ["input->m0", "m0->m3", "m3->logits", "m0->a3.h1<v>", "a3.h1->logits@end"];
  const circuit = Circuit.ofEdges(shapeOf(model.config), edges, { name: "few", version: "1" });
  writeFileSync(join(cwd, "few.json"), JSON.stringify(circuit.toJSON()));
  return circuit;
}

test("the table has a row for each of eight ablations", async () => {
  const cwd = temporaryFolder();
  written(cwd);
  const argv = ["circuit", "evaluate", "world-causal", "few.json", "--n", "6"];
  const { code, out } = await diopter(argv, { cwd });
  expect(code).toBe(0);
  expect(out).toMatch(
    /^few \(1\) on 6 prompts of ioi; model: logit-difference \S+, accuracy \S+\n/,
  );
  const rows = out.split("\n").filter((line) => /^(edge|node)\s/.test(line));
  expect(rows.map((row) => row.split(/\s+/).slice(0, 3).join(" "))).toEqual([
    "edge resample specific",
    "edge resample all",
    "edge mean specific",
    "edge mean all",
    "node resample specific",
    "node resample all",
    "node mean specific",
    "node mean all",
  ]);
});

test("numbers are those of evaluate, prompt by prompt", async () => {
  const cwd = temporaryFolder();
  const circuit = written(cwd);
  const argv = ["circuit", "evaluate", "world-causal", "few.json", "--n", "6", "--seed", "2"];
  const cell = ["--component", "node", "--value", "resample", "--tokens", "all"];
  const { out } = await diopter(
    [...argv, ...cell, "--metrics", "kl", "--json", "--out", "few.csv"],
    { cwd },
  );
  const task = worldTasks(model, { world, sentences }).ioi({ n: 6, seed: 2 });
  const ablation = { component: "node" } as const;
  const expected = await evaluate(model, task, circuit, { metrics: ["kl"], ablation });
  const [found] = JSON.parse(out).cells;
  if (!expected.applicable) throw new Error(expected.reason);
  expect(found.prompts).toEqual(expected.prompts);
  const csv = readFileSync(join(cwd, "few.csv"), "utf8").trim().split("\n");
  expect(csv[0]).toBe("prompt,component,value,tokens,metric,circuit,model");
  expect(csv).toHaveLength(1 + 6);
});

test("a cell without meaning says why", async () => {
  const cwd = temporaryFolder();
  const shape = shapeOf(model.config);
  const circuit = Circuit.ofEdges(shape, ["input->logits"], { name: "one", version: "1" });
  writeFileSync(join(cwd, "one.json"), JSON.stringify(circuit.toJSON()));
  const argv = ["circuit", "evaluate", "world-causal", "one.json", "--n", "4"];
  const cell = ["--component", "edge", "--value", "resample", "--tokens", "specific"];
  const { out } = await diopter([...argv, ...cell], { cwd });
  expect(out).toContain('\nnot applicable: circuit "one" names no positions\n');
});

test.each([
  [["ioi-26-head"], 1, 'circuit: no known circuit "ioi-26-head"; did you mean "ioi-26-heads"?'],
  [["ioi-26-heads", "--n", "4"], 1, 'circuit "ioi" is for a model with nLayers 12, got 4'],
  [
    ["ioi-26-heads", "--value", "resample,men"],
    2,
    'circuit evaluate: --value has "men", expected resample, mean, zero, noise; did you mean "mean"?',
  ],
])("%j is refused", async (options, code, message) => {
  const found = await diopter(["circuit", "evaluate", "world-causal", ...options]);
  expect(found).toEqual({ code, out: "", err: `${message}\n` });
});
