import { expect, test } from "vitest";
import { batchesOf, batchSizeFor } from "../../src/run/batches";
import type { TaskPrompt } from "../../src/task/task";

function prompt(id: string, length: number): TaskPrompt {
  return {
    id,
    clean: Array.from({ length }, () => 1),
    corrupt: {},
    answers: [1],
    wrong: [2],
    positions: {},
    groups: {},
  };
}

const prompts = [4, 5, 4, 4, 5, 4].map((length, i) => prompt(`${i}`, length));
const indices = (batches: ReturnType<typeof batchesOf>) => batches.map((batch) => batch.indices);

test("batches are equally long, as large as allowed, and in order", () => {
  expect(indices(batchesOf(prompts, 3))).toEqual([[0, 2, 3], [1, 4], [5]]);
  for (const { prompts: own, indices: at } of batchesOf(prompts, 3))
    expect(own).toEqual(at.map((i) => prompts[i]));
});

test("prompts of other keys are in other batches", () => {
  const half = ({ id }: TaskPrompt) => (Number(id) < 3 ? "first" : "second");
  expect(indices(batchesOf(prompts, 8, half))).toEqual([[0, 2], [1], [3, 5], [4]]);
});

test("a batch takes at most 400 MB for all that sources write, and 64 prompts", () => {
  // 4 bytes x 20 positions x 157 sources x 768 numbers = 9.6 MB a prompt: 41 of them.
  expect(batchSizeFor(20, 157, 768)).toBe(41);
  expect(batchSizeFor(5, 9, 12)).toBe(64);
  expect(batchSizeFor(2000, 1000, 4000)).toBe(1);
});
