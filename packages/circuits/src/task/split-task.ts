/** @file Parts of a task that share no prompt. */

import { checkOptions, Random, type Seed } from "@diopter/tensor";
import type { Task } from "./task";

export interface SplitOptions {
  /** How many prompts to search with. */
  readonly train: number;
  /** How many prompts to judge with; those left over unless told. */
  readonly test?: number | undefined;
  /** Seed of the shuffle; false keeps the order. 42 unless told. */
  readonly seed?: Seed | false | undefined;
}

/**
 * The first `train` prompts of a seeded shuffle and the `test` after them; the order is the same whatever the numbers.
 *
 * Throws `RangeError` when the task has fewer prompts.
 *
 * @example const { train, test } = splitTask(task, { train: 128, test: 64, seed: 0 });
 */
export function splitTask(
  task: Task,
  options: SplitOptions,
): { readonly train: Task; readonly test: Task } {
  checkOptions("splitTask", options, { train: "required", test: "optional", seed: "optional" });
  const { train, test = task.prompts.length - train, seed = 42 } = options;
  for (const [name, count] of Object.entries({ train, test })) {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`splitTask: ${name} is ${count}, expected a whole number from 0`);
    }
  }
  if (train + test > task.prompts.length) {
    throw new RangeError(
      `splitTask: ${task.name} has ${task.prompts.length} prompts, expected at least ${train} + ${test}`,
    );
  }
  const prompts = seed === false ? task.prompts : Random.from(seed).shuffle(task.prompts);
  return {
    train: { ...task, prompts: prompts.slice(0, train) },
    test: { ...task, prompts: prompts.slice(train, train + test) },
  };
}
