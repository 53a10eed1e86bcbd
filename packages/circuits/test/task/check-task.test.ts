import { expect, test } from "vitest";
import { checkTask, positionOf } from "../../src/task/check-task";
import type { Task, TaskPrompt } from "../../src/task/task";

const prompt: TaskPrompt = {
  id: "a",
  clean: [1, 2, 3],
  corrupt: { ABC: [1, 4, 3] },
  answers: [5],
  wrong: [6],
  positions: { S1: 1, end: 2 },
  groups: {},
};
const task = (...prompts: Partial<TaskPrompt>[]): Task => ({
  name: "toy",
  version: "1",
  prompts: prompts.map((change) => ({ ...prompt, ...change })),
  corruptions: ["ABC"],
  metric: "logit-difference",
});

test("a sound task is returned as it is", () => {
  const sound = task({});
  expect(checkTask(sound)).toBe(sound);
});

test.each([
  [task(), "toy: no prompts"],
  [task({}, {}), 'toy: prompts[1] "a" has the id of another'],
  [task({ clean: [] }), 'toy: prompts[0] "a" has no tokens'],
  [task({ corrupt: {} }), 'toy: prompts[0] "a" lacks corruption "ABC"'],
  [task({ corrupt: { ABC: [1] } }), 'prompts[0] "a" has 3 tokens, its corruption "ABC" has 1'],
  [task({ answers: [] }), 'toy: prompts[0] "a" has no answers'],
  [task({ wrong: [5] }), 'toy: prompts[0] "a": token 5 is right and wrong'],
  [task({ positions: { end: 3 } }), 'prompts[0] "a" has 3 tokens, position "end" is 3'],
  [task({ positions: { end: -1 } }), 'position "end" is -1'],
  [task({ sequence: [{ pos: 7, value: 1 }] }), 'position "sequence" is 7'],
  [task({ sequence: [{ pos: 1 }] }), 'prompts[0] "a" has no answers at position 1'],
])("unsound task %# is refused", (unsound, message) => {
  expect(() => checkTask(unsound)).toThrow(RangeError);
  expect(() => checkTask(unsound)).toThrow(message);
});

test("a position that a prompt does not name is refused with the nearest name", () => {
  expect(positionOf(prompt, "end")).toBe(2);
  expect(() => positionOf(prompt, "S2")).toThrow(
    'task: prompt "a" has no position "S2"; did you mean "S1"?',
  );
  expect(() => positionOf(prompt, "toString")).toThrow(RangeError);
});
