import { expect, test } from "vitest";
import { loadTask } from "../../src/task/load-task";
import type { PromptJson } from "../../src/task/prompt-json";
import { spaced, wordLevel } from "./fake-tokenizers";

const prompt: PromptJson = {
  clean: "Then, Mary and John went. John gave it to",
  corrupt: "Then, Ann and Tom went. Sue gave it to",
  answers: [" Mary"],
  wrong_answers: [" John"],
};

test("a file of prompts becomes a task, names as in the file", () => {
  const tokenizer = spaced();
  const task = loadTask({ word_idxs: { IO: 2, end: 10 }, prompts: [prompt] }, tokenizer, {
    name: "ioi",
  });
  const [read] = task.prompts;
  // Then 0 , 1 Mary 2 and 3 John 4 went 5 . 6 John 7 gave 8 it 9 to 10
  expect(read!.clean).toHaveLength(11);
  expect(read!.positions).toEqual({ IO: 2, end: 10 });
  expect(tokenizer.decode([read!.clean[2]!, ...read!.answers, ...read!.wrong])).toBe(
    " Mary Mary John",
  );
  expect(tokenizer.decode(read!.corrupt.corrupt!)).toBe(prompt.corrupt);
  expect(task).toMatchObject({ name: "ioi", corruptions: ["corrupt"], metric: "logit-difference" });
});

test("a beginning-of-sequence token comes first and shifts positions by one", () => {
  const file = { word_idxs: { IO: 2 }, prompts: [prompt] };
  const tokenizer = wordLevel();
  const [read] = loadTask(file, tokenizer).prompts;
  expect(read!.clean.slice(0, 2)).toEqual([0, tokenizer.encode("Then")[0]]);
  expect(read!.corrupt.corrupt![0]).toBe(0);
  expect(read!.positions.IO).toBe(3);
  expect(loadTask(file, tokenizer, { prependBos: false }).prompts[0]!.positions.IO).toBe(2);
  expect(() => loadTask(file, spaced(), { prependBos: true })).toThrow(
    /no beginning-of-sequence token/,
  );
});

test("several files keep their own positions and groups, and a prompt's own come first", () => {
  const task = loadTask(
    [
      { word_idxs: { IO: 2 }, groups: { order: "ABBA" }, prompts: [prompt] },
      {
        word_idxs: { IO: 4 },
        groups: { order: "BABA" },
        prompts: [{ ...prompt, word_idxs: { S1: 1 }, groups: { template: "3" } }, prompt],
      },
    ],
    spaced(),
  );
  expect(task.prompts.map(({ positions, groups }) => ({ ...positions, ...groups }))).toEqual([
    { IO: 2, order: "ABBA" },
    { IO: 4, S1: 1, order: "BABA", template: "3" },
    { IO: 4, order: "BABA" },
  ]);
  expect(new Set(task.prompts.map(({ id }) => id)).size).toBe(3);
});

test("several corruptions may be given by name", () => {
  const corrupt = { ABC: prompt.corrupt as string, same: prompt.clean };
  const task = loadTask({ prompts: [{ ...prompt, corrupt }] }, spaced());
  expect(task.corruptions).toEqual(["ABC", "same"]);
  expect(task.prompts[0]!.corrupt.same).toEqual(task.prompts[0]!.clean);
});

test("prompts and answers may be token ids, nested one deep, without a tokenizer", () => {
  const ids = { clean: [[5, 6, 7]], corrupt: [8, 6, 7], answers: [1, 2], wrong_answers: [3] };
  const [read] = loadTask({ prompts: [ids] }, undefined).prompts;
  expect(read).toMatchObject({ clean: [5, 6, 7], corrupt: { corrupt: [8, 6, 7] } });
  expect(read).toMatchObject({ answers: [1, 2], wrong: [3] });
});

test("one list of answers per token makes a sequence task", () => {
  const reverse = { clean: [3, 0, 1], corrupt: [3, 1, 1], answers: [[9], [1], [0]] };
  const [tokens] = loadTask({ prompts: [reverse] }, undefined, { ignore: [0] }).prompts;
  expect(tokens!.sequence).toEqual([
    { pos: 1, answers: [1] },
    { pos: 2, answers: [0] },
  ]);
  const shares = { clean: [3, 0, 1], corrupt: [3, 1, 1], answers: [[], [1], [0.5]] };
  const [values] = loadTask({ prompts: [shares] }, undefined, { values: true }).prompts;
  expect(values!.sequence).toEqual([
    { pos: 1, value: 1 },
    { pos: 2, value: 0.5 },
  ]);
  expect(() => loadTask({ prompts: [{ ...reverse, answers: [[1], [0]] }] }, undefined)).toThrow(
    /has 3 tokens and answers for 2/,
  );
});

test("an answer without its space is the token that it is alone", () => {
  const tokenizer = spaced();
  const year = { clean: "from 17", corrupt: "from 18", answers: ["55"] };
  // "1755" is 17 and 55, so the answer goes on after the prompt
  const [task] = loadTask({ prompts: [year] }, tokenizer).prompts;
  expect(tokenizer.decode(task!.answers)).toBe("55");
  const [glued] = loadTask({ prompts: [{ ...prompt, answers: ["Mary"] }] }, tokenizer).prompts;
  expect(tokenizer.decode(glued!.answers)).toBe("Mary");
});

test("answers of several or unknown tokens are refused with prompt, answer and count", () => {
  const tokenizer = spaced({ long: ["Mary"] });
  expect(() => loadTask({ prompts: [prompt] }, tokenizer, { name: "ioi" })).toThrow(
    'ioi: prompts[0] "Then, Mary and John went. John gave it to": answer " Mary" is 5 tokens, expected 1',
  );
  const unknown = { encode: (text: string) => text.split(/ /).map(() => 4), unk: 4 };
  expect(() => loadTask({ prompts: [prompt] }, unknown)).toThrow(/answer " Mary" is/);
});

test("a corruption of another length is refused unless any length is asked for", () => {
  const longer = { ...prompt, corrupt: `${prompt.corrupt} the` };
  expect(() => loadTask({ prompts: [longer] }, spaced())).toThrow(
    /has 11 tokens, its corruption "corrupt" has 12/,
  );
  const task = loadTask({ prompts: [longer] }, spaced(), { lengths: "any" });
  expect(task.prompts[0]!.corrupt.corrupt).toHaveLength(12);
});

test.each([
  [{ prompts: [prompt], word_idxs: { far: 11 } }, /position "far" is 11/],
  [{ prompts: [{ ...prompt, answers: [] }] }, /has no answers/],
  [{ prompts: [{ ...prompt, wrong_answers: [" Mary"] }] }, /is right and wrong/],
  [{ prompts: [] }, /no prompts/],
  [{ prompts: [prompt, { ...prompt, corrupt: { ABC: "x" } }] }, /lacks corruption "corrupt"/],
  [
    { prompts: [{ ...prompt, clean: [1.5] }] },
    /task: prompts\[0\].clean\[0\]: expected an integer from 0, got 1.5$/,
  ],
  [
    { prompts: [{ ...prompt, answers: [-1] }] },
    /task: prompts\[0\].answers\[0\]: expected an integer from 0, got -1$/,
  ],
] as const)("file %# is refused", (file, message) => {
  expect(() => loadTask(file, spaced())).toThrow(message);
});

test("text without a tokenizer and a file without prompts are refused", () => {
  expect(() => loadTask({ prompts: [prompt] }, undefined)).toThrow(/needs a tokenizer, got none/);
  expect(() => loadTask({} as never, undefined)).toThrow("task: prompts: missing");
});
