import { expect, test } from "vitest";
import type { Task } from "../../src/task/task";
import { taskFromJSON, taskToJSON } from "../../src/task/task-json";

const task: Task = {
  name: "toy",
  version: "2",
  source: "here",
  prompts: [
    {
      id: "a",
      clean: [1, 2, 3],
      corrupt: { ABC: [1, 4, 3] },
      answers: [5],
      wrong: [6],
      positions: { end: 2 },
      groups: { order: "ABBA" },
      sequence: [
        { pos: 1, answers: [2], wrong: [1] },
        { pos: 2, value: 0.5 },
      ],
    },
  ],
  corruptions: ["ABC"],
  metric: "logit-difference",
  candidates: [5, 6],
};

test("a task comes back from its text as it was", () => {
  expect(taskFromJSON(JSON.stringify(taskToJSON(task)))).toEqual(task);
  const { source, candidates, ...plain } = task;
  expect(taskFromJSON(taskToJSON(plain))).toEqual(plain);
});

test("the data share nothing with the task", () => {
  const json = taskToJSON(task);
  (json.prompts[0]!.clean as number[])[0] = 9;
  expect(task.prompts[0]!.clean[0]).toBe(1);
});

test.each([
  [{ schema: "other" }, RangeError, 'task: schema: expected "diopter-task", got "other"'],
  [{ schemaVersion: 2 }, RangeError, "task: schemaVersion: expected 1, got 2"],
  [{ prompts: [] }, RangeError, "toy: no prompts"],
  [{ name: 3 }, TypeError, "task: name: expected text, got 3"],
  [{ prompts: {} }, TypeError, "task: prompts: expected a list, got {}"],
  [{ candidates: ["a"] }, TypeError, 'candidates[0]: expected an integer from 0, got "a"'],
  [{ prompts: [null] }, TypeError, "task: prompts[0]: expected an object, got null"],
  [{ corruptions: ["XYZ"] }, RangeError, 'prompts[0] "a" lacks corruption "XYZ"'],
] as const)("%j is refused", (change, kind, message) => {
  const read = () => taskFromJSON({ ...taskToJSON(task), ...change });
  expect(read).toThrow(kind);
  expect(read).toThrow(message);
});
