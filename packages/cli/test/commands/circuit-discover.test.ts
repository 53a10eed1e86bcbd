import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Circuit, evaluate, Scores } from "@diopter/circuits";
import { taskToJSON, worldTasks } from "@diopter/circuits/tasks";
import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { sentences, world, worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { rungs } from "../../src/circuit/smallest-circuit";
import { diopter, temporaryFolder } from "../capture";

interface DiscoverJson {
  readonly task: { searched: number; heldOut: number };
  readonly edges: number;
  readonly of: number;
  readonly faithfulness: { estimate: number; low: number; high: number };
  readonly accuracy: { estimate: number };
  readonly modelAccuracy: number;
  readonly tried: { asked: number; edges: number; f: number; accuracy: number }[];
  readonly circuit: unknown;
}

const quick = ["--n", "16", "--held-out", "20", "--json"];

test("the smallest circuit that is good enough is found, pruned and written with its scores", async () => {
  const cwd = temporaryFolder();
  const { code, out, err } = await diopter(
    [
      ...["circuit", "discover", "world-causal", ...quick],
      ...["--out", "c.json", "--scores", "s.json"],
    ],
    { cwd },
  );
  expect([code, err]).toEqual([0, `wrote ${join(cwd, "c.json")}\nwrote ${join(cwd, "s.json")}\n`]);
  const found: DiscoverJson = JSON.parse(out);
  expect(found.task).toMatchObject({ searched: 16, heldOut: 20 });
  expect(found.of).toBe(1519);
  const enough = ({ f, accuracy }: { f: number; accuracy: number }) =>
    f >= 0.9 && accuracy >= 0.9 * found.modelAccuracy;
  const first = found.tried.find(enough)!;
  expect(found.edges).toBe(first.edges);
  expect(found.faithfulness.estimate).toBeCloseTo(first.f, 9);
  expect(found.faithfulness.low).toBeLessThan(first.f);
  expect(found.edges).toBeLessThan(0.2 * found.of);

  const written = Circuit.fromJSON(JSON.parse(readFileSync(join(cwd, "c.json"), "utf8")));
  expect(written.toJSON()).toEqual(found.circuit);
  expect(written.size).toBe(found.edges);
  expect(written.pruned().dropped).toEqual([]);
  const scores = Scores.fromJSON(JSON.parse(readFileSync(join(cwd, "s.json"), "utf8")));
  expect(scores.top(first.asked).pruned().circuit.elements).toEqual(written.elements);

  const model = await Model.load(await worldCausal(), { runtime: node() });
  const task = worldTasks(model, { world, sentences }).ioi({ n: 20, seed: 0 });
  const again = await evaluate(model, task, written, { metrics: ["accuracy"] });
  if (!again.applicable) throw new Error(again.reason);
  const right = again.prompts.filter(({ circuit }) => circuit.accuracy === 1).length;
  expect(right / 20).toBeCloseTo(found.accuracy.estimate, 9);
  await model.dispose();
});

test("a number of edges is taken as it is, in words too", async () => {
  const argv = ["circuit", "discover", "world-causal", "--n", "8", "--method", "eap"];
  const { code, out } = await diopter([...argv, "--edges", "1519"]);
  expect(code).toBe(0);
  // Everything is kept, so f is 1 and the accuracy is the model's.
  expect(out).toMatch(/^ioi: eap on 8 prompts, judged on 8 others\n/);
  expect(out).toMatch(
    /\n1519 of 1519 edges \(100\.0%\): f 1\.000 .* accuracy (\S+) .*\(model \1\)/,
  );
});

test("a task can be a file of prompts, which is split", async () => {
  const cwd = temporaryFolder();
  const model = await Model.load(await worldCausal(), { runtime: node() });
  const task = worldTasks(model, { world, sentences }).agreement({ n: 10 });
  await model.dispose();
  writeFileSync(join(cwd, "task.json"), JSON.stringify(taskToJSON(task)));
  const argv = ["circuit", "discover", "world-causal", "--task", "task.json", "--method", "eap"];
  const { code, out } = await diopter([...argv, "--edges", "100", "--n", "6", "--json"], { cwd });
  expect(code).toBe(0);
  // 10 prompts: as many to judge by as --n allows, 6 of them, unless the search has fewer than half.
  const { task: used } = JSON.parse(out) as DiscoverJson;
  expect(used.searched + used.heldOut).toBe(10);
});

test("rungs are a tenth apart and end with the whole model", () => {
  // 1 % of 1,519 is 15; 15 * 1.1 = 16.5 -> 17, 17 * 1.1 = 18.7 -> 19, ...
  const sizes = rungs(1519);
  expect(sizes.slice(0, 4)).toEqual([15, 17, 19, 21]);
  expect(sizes.at(-1)).toBe(1519);
  // Few edges: one by one from 4.
  expect(rungs(8)).toEqual([4, 5, 6, 7, 8]);
});

test.each([
  [["--task", "io"], 2, 'circuit: no task "io"; did you mean "ioi"?'],
  [["--n", "1"], 2, 'circuit discover: --n is "1", expected an integer'],
  [
    ["--edges", "9", "--accuracy", "1"],
    2,
    "circuit discover: --edges gives the size, so nothing else can ask for one",
  ],
  [
    ["--faithfulness", "1.5"],
    2,
    'circuit discover: --faithfulness is "1.5", expected a number from 0 to 1',
  ],
  [
    ["--out", "c.txt"],
    2,
    'circuit discover: --out is "c.txt", expected a name that ends in .json or .svg',
  ],
  [["--n", "4", "--edges", "2000"], 1, "scores: 2000 edges of 1519"],
])("%j is refused", async (options, code, message) => {
  const found = await diopter(["circuit", "discover", "world-causal", ...options]);
  expect(found).toEqual({ code, out: "", err: `${message}\n` });
});

test("a task that is no file is named", async () => {
  const cwd = temporaryFolder();
  const argv = ["circuit", "discover", "world-causal", "--task", "none.json"];
  const { code, err } = await diopter(argv, { cwd });
  expect([code, err]).toEqual([
    1,
    `cannot read "${join(cwd, "none.json")}": no such file or directory, open '${join(cwd, "none.json")}'\n`,
  ]);
});

test.each([
  ["{", /\/p\.json: not JSON: /],
  ["null", /\/p\.json: p: expected an object, got null$/],
  [
    '{"prompts": [{"clean": [1], "corrupt": [2]}]}',
    /\/p\.json: p: prompts\[0\]\.answers: missing$/,
  ],
])("a file of prompts that is none is refused with its place: %s", async (text, message) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "p.json"), text);
  const found = await diopter(["circuit", "discover", "world-causal", "--task", "p.json"], { cwd });
  expect(found.code).toBe(1);
  expect(found.err.trim()).toMatch(message);
});
