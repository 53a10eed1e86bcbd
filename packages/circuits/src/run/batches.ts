/** @file Prompts in batches of equal length, so that nothing is ever padded. */

import type { TaskPrompt } from "../task/task";

/** Prompts of one batch, and where each stood in the list. */
export interface Batch {
  readonly prompts: readonly TaskPrompt[];
  readonly indices: readonly number[];
}

/** Batches of at most `size` prompts that are equally long and have equal keys; order is kept within a batch. */
export function batchesOf(
  prompts: readonly TaskPrompt[],
  size: number,
  key: (prompt: TaskPrompt) => string = () => "",
): Batch[] {
  const open = new Map<string, number[]>();
  const batches: number[][] = [];
  prompts.forEach((prompt, index) => {
    const name = `${prompt.clean.length} ${key(prompt)}`;
    const last = open.get(name);
    if (last && last.length < size) {
      last.push(index);
      return;
    }
    const fresh = [index];
    open.set(name, fresh);
    batches.push(fresh);
  });
  return batches.map((indices) => ({
    indices,
    prompts: indices.map((index) => prompts[index]!),
  }));
}

/** Tokens of the longest prompt. */
export function longestOf(prompts: readonly TaskPrompt[]): number {
  return Math.max(...prompts.map(({ clean }) => clean.length));
}

/** Prompts at a time: at most 64, and few enough that one copy of what all sources write stays below 400 MB. */
export function batchSizeFor(pos: number, sources: number, dModel: number): number {
  return Math.min(64, Math.max(1, Math.floor(400e6 / (4 * pos * sources * dModel))));
}
