import { expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../../test/golden";
import { checkTask } from "../../../src/task/check-task";
import { tracrReverse, tracrXProportion } from "../../../src/task/generators/tracr";

/** Input ids [cases, 6] and one residual row per position of a golden file. */
function read(name: string) {
  const golden = readTensors(goldenPath(`tracr/${name}.golden.safetensors`));
  const ids = golden.get("input_ids")!;
  const resid = golden.get("resid_final")!;
  const [cases, pos] = ids.shape as [number, number];
  return Array.from({ length: cases }, (_, i) => ({
    ids: Array.from({ length: pos }, (_, p) => Number(ids.at(i, p))),
    resid: (p: number, d: number) => Number(resid.at(i, p, d)),
  }));
}
const labels = (name: string): string[] =>
  readJson<{ residual_labels: string[] }>(goldenPath(`tracr/${name}.json`)).residual_labels;

test("reversing 1 2 3 3 3 asks for 3 3 3 2 1", () => {
  const task = checkTask(tracrReverse());
  expect(task.prompts).toHaveLength(243); // 3^5
  const prompt = task.prompts.find(({ clean }) => clean.join(" ") === "3 0 1 2 2 2")!;
  expect(prompt.sequence!.map(({ pos, answers }) => [pos, answers])).toEqual([
    [1, [2]],
    [2, [2]],
    [3, [2]],
    [4, [1]],
    [5, [0]],
  ]);
  expect(prompt.sequence![0]!.wrong).toEqual([0, 1]);
});

test("the shares of x in x y x x w are 1, 1/2, 2/3, 3/4 and 3/5", () => {
  const task = checkTask(tracrXProportion());
  expect(task.prompts).toHaveLength(1024); // 4^5
  const prompt = task.prompts.find(({ clean }) => clean.join(" ") === "0 3 4 3 3 2")!;
  expect(prompt.sequence!.map(({ value }) => value)).toEqual([1, 1 / 2, 2 / 3, 3 / 4, 3 / 5]);
});

test("answers are what the compiled reverse model writes", () => {
  const outputs = [1, 2, 3].map((token) => labels("reverse").indexOf(`reverse_1:${token}`));
  const byIds = new Map(tracrReverse().prompts.map((prompt) => [prompt.clean.join(), prompt]));
  const cases = read("reverse");
  expect(cases).toHaveLength(243);
  for (const { ids, resid } of cases) {
    for (const { pos, answers } of byIds.get(ids.join())!.sequence!) {
      const logits = outputs.map((dim) => resid(pos, dim));
      expect(logits.indexOf(Math.max(...logits))).toBe(answers![0]);
    }
  }
});

test("values are what the compiled x-proportion model writes", () => {
  const dim = labels("xproportion").indexOf("frac_prevs_7");
  const byIds = new Map(tracrXProportion().prompts.map((prompt) => [prompt.clean.join(), prompt]));
  const cases = read("xproportion");
  expect(cases).toHaveLength(1024);
  for (const { ids, resid } of cases) {
    for (const { pos, value } of byIds.get(ids.join())!.sequence!)
      expect(Math.abs(resid(pos, dim) - value!)).toBeLessThan(1e-5);
  }
});

test("corruptions are other sequences, and a draw has no sequence twice", () => {
  for (const { clean, corrupt } of tracrReverse().prompts)
    expect(corrupt["other-sequence"]).not.toEqual(clean);
  const { prompts } = checkTask(tracrXProportion({ n: 200, seed: 1 }));
  expect(new Set(prompts.map(({ id }) => id)).size).toBe(200);
  expect(tracrXProportion({ n: 50, seed: 1 }).prompts).toEqual(prompts.slice(0, 50));
});

test.each([
  [() => tracrReverse({ n: 244 }), "tracr: found 243 different prompts, expected 244"],
  [() => tracrReverse({ tokens: [1] }), "tracr: tokens are [1], expected at least 2"],
  [() => tracrReverse({ outputs: [1] }), "tracr: 1 outputs for 3 tokens"],
  [() => tracrXProportion({ x: 9 }), "tracr: x is 9, expected one of [2,3,4,5]"],
  [() => tracrReverse({ length: 0 }), "tracr: length is 0"],
  [() => tracrReverse({ length: 13 }), "tracr: 1594323 sequences of 13 tokens, expected at most"],
])("odd options %# are refused", (make, message) => {
  expect(make).toThrow(message);
});
