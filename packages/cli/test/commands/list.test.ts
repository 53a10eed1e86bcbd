import { knownCircuits } from "@diopter/circuits";
import { families } from "@diopter/model";
import { expect, test } from "vitest";
import { taskFor, worldTaskNames } from "../../src/circuit/task-for";
import { embeddedModels, withModel } from "../../src/with-model";
import { diopter, json } from "../capture";

type Lists = Record<"models" | "families" | "tasks" | "circuits", Record<string, unknown>[]>;

test("everything that commands know by name is listed", async () => {
  const { models, families: known, tasks, circuits } = await json<Lists>(["list"]);
  expect(models.map(({ model }) => model)).toEqual(Object.keys(embeddedModels));
  expect(known.map(({ family }) => family)).toEqual(families.map(({ name }) => name));
  expect(circuits.map(({ circuit }) => circuit)).toEqual(Object.keys(knownCircuits));
  expect(circuits.find(({ circuit }) => circuit === "docstring-24")).toMatchObject({
    size: 24,
    of: "edges",
  });
  expect(tasks.map(({ task }) => task)).toEqual(expect.arrayContaining(worldTaskNames()));
});

test("every task of the list is made for a model of the world", async () => {
  const { tasks } = await json<Lists>(["list", "tasks"]);
  const io = {
    out: () => {},
    err: () => {},
    isTerminal: false,
    env: {},
    cwd: ".",
    signal: new AbortController().signal,
  };
  await withModel(io, { model: "world-causal", runtime: "reference" }, async (model) => {
    for (const { task } of tasks) {
      const made = await taskFor(io, model, { task: String(task), n: 2, seed: 0 });
      expect(made.prompts).toHaveLength(2);
    }
  });
});

test("one list alone has a head of its own; another word is refused with those that there are", async () => {
  const { out } = await diopter(["list", "models"]);
  expect(out).toMatch(/^models\nmodel +what it is\nworld-causal +GPT-2 style/);
  expect(out).not.toContain("families");
  expect(await diopter(["list", "model"])).toEqual({
    code: 2,
    out: "",
    err: 'list: what has "model", expected models, families, tasks, circuits; did you mean "models"?\n',
  });
});
