import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { sentences, world, worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import type { Task } from "../../src/task/task";
import { worldTasks } from "../../src/task/world";
import { accuracyOf } from "./accuracy";

const causal = worldCausal().then((checkpoint) => Model.load(checkpoint, { runtime: node() }));
const tasks = causal.then((model) => worldTasks(model, { world, sentences }));
const vocabulary = world().vocabulary;
const wordsOf = (ids: readonly number[]) => ids.map((id) => vocabulary[id]).join(" ");

// Least share of right answers; the card has 99.89 % for induction and 100 % for the others.
test.each([
  ["ioi", 50, 0.98],
  ["docstring", 40, 0.97],
  ["greaterThan", 50, 0.98],
  ["sports", 50, 0.98],
  ["capitals", 40, 0.97],
  ["agreement", 50, 0.98],
  ["induction", 30, 0.96],
  ["facts", 50, 0.98],
  ["companies", 34, 0.97],
] as const)("world-causal answers held-out prompts of %s", async (name, n, least) => {
  const task = (await tasks)[name]({ n, seed: 3 });
  expect(task.prompts).toHaveLength(n);
  expect(new Set(task.prompts.map(({ clean }) => clean.join())).size).toBe(n);
  expect(await accuracyOf(await causal, task)).toBeGreaterThanOrEqual(least);
});

// What a corrupt prompt is for: the model no longer gives the clean prompt's answer, or as often as not.
test.each([
  ["ioi", "ABC", 0.1],
  ["ioi", "IO-from-S2", 0.1],
  ["docstring", "random-random", 0.1],
  ["docstring", "random-answer", 0.1],
  ["sports", "other-player", 0.1],
  ["capitals", "other-country", 0.1],
  ["agreement", "number-flip", 0.1],
  ["induction", "other-first-half", 0.1],
  ["facts", "other-product", 0.1],
  ["companies", "other-company", 0.1],
] as const)("world-causal misses the answer of %s under %s", async (name, corruption, most) => {
  const task = (await tasks)[name]({ n: 30, seed: 3 });
  const prompts = task.prompts.map((prompt) => ({ ...prompt, clean: prompt.corrupt[corruption]! }));
  expect(await accuracyOf(await causal, { ...task, prompts })).toBeLessThanOrEqual(most);
});

test("corruptions that keep the answer keep it", async () => {
  for (const [name, corruption] of [
    ["ioi", "IO-S1-flip"],
    ["agreement", "attractor-flip"],
  ] as const) {
    const task = (await tasks)[name]({ n: 30, seed: 3 });
    const prompts = task.prompts.map((prompt) => ({
      ...prompt,
      clean: prompt.corrupt[corruption]!,
    }));
    expect(await accuracyOf(await causal, { ...task, prompts })).toBeGreaterThanOrEqual(0.95);
  }
});

test("named positions stand at their words", async () => {
  const made = await tasks;
  const words = (task: Task) => {
    const { clean, positions } = task.prompts[0]!;
    return Object.fromEntries(
      Object.entries(positions).map(([name, at]) => [name, vocabulary[clean[at]!]]),
    );
  };
  const docstring = words(made.docstring({ n: 1 }));
  expect(docstring).toMatchObject({ ",_B": ",", param_2: ":param", param_3: ":param" });
  expect(docstring).toMatchObject({ A_def: docstring.A_doc, B_def: docstring.B_doc });
  const induction = made.induction({ n: 1 });
  expect(words(induction).A1).toBe(words(induction).end);
  expect(words(induction).B1).toBe(vocabulary[induction.prompts[0]!.answers[0]!]);
  expect(world().pools.yearSuffix).toContain(words(made.greaterThan({ n: 1 })).YY);
  expect(words(made.greaterThan({ n: 1 })).XX2).toBe(words(made.greaterThan({ n: 1 })).XX1);
  expect(world().pools.playerLastName).toContain(words(made.sports({ n: 1 })).final_name_tok);
});

test("validation and training prompts can be had, and a split without enough sentences is refused", async () => {
  const { ioi, capitals } = await tasks;
  expect(ioi({ n: 5, split: "train" }).prompts).toHaveLength(5);
  expect(capitals({ split: "validation" }).prompts).toHaveLength(46);
  expect(() => capitals({ n: 47 })).toThrow(
    "world.capitals: found 46 different prompts, expected 47",
  );
});

test("an indirect-object prompt is a sentence of the world up to its answer", async () => {
  const { prompts } = (await tasks).ioi({ n: 20, seed: 1 });
  const known = new Set(sentences("ioi", { n: 200, seed: 1 }).map(({ words }) => words.join(" ")));
  for (const { clean, answers } of prompts) {
    const sentence = `${wordsOf(clean.slice(1))} ${vocabulary[answers[0]!]} .`;
    expect(vocabulary[clean[0]!]).toBe("<bos>");
    expect(known).toContain(sentence);
  }
});

test("corrupted indirect-object prompts differ at the names only, as their corruption says", async () => {
  const { prompts } = (await tasks).ioi({ n: 100, seed: 2 });
  for (const { clean, corrupt, positions, groups } of prompts) {
    const { IO, S1, S2 } = positions as { IO: number; S1: number; S2: number };
    const [io, s] = [clean[IO]!, clean[S1]!];
    expect(clean[S2]).toBe(s);
    expect(IO < S1).toBe(groups.order === "ABBA");
    const names = (name: string) => [IO, S1, S2].map((at) => corrupt[name]![at]!);
    expect(new Set([io, s, ...names("ABC")]).size).toBe(5);
    const [x, y, again] = names("random-name-flip");
    expect(new Set([io, s, x, y]).size).toBe(4);
    expect(again).toBe(y);
    expect(names("IO-S1-flip")).toEqual([s, io, s]);
    expect(names("IO-from-S2")).toEqual([io, s, io]);
    for (const ids of Object.values(corrupt)) {
      expect(clean.filter((id, at) => id !== ids[at] && ![IO, S1, S2].includes(at))).toEqual([]);
    }
  }
});

test("groups choose prompts, and more prompts begin with fewer", async () => {
  const { ioi } = await tasks;
  const { prompts } = ioi({ n: 10, groups: { template: "0", order: "ABBA" } });
  // <bos> Then , A and B went to the place . B gave a object to: 16 tokens
  expect(prompts.map(({ clean }) => clean.length)).toEqual(new Array(10).fill(16));
  expect(ioi({ n: 20, seed: 5 }).prompts.slice(0, 8)).toEqual(ioi({ n: 8, seed: 5 }).prompts);
});

test("another tokenizer than the world's is refused", () => {
  expect(() =>
    worldTasks({ tokenizer: { encode: () => [7], bos: 1 } }, { world, sentences }),
  ).toThrow(/the tokenizer is not the world's/);
});
