/** @file The checks that every task passes before it is used. */

import { brief, didYouMean, quoted } from "@diopter/graph";
import { checkOptions } from "@diopter/tensor";
import type { Task, TaskPrompt } from "./task";

export interface CheckOptions {
  /** Whether a corruption must have as many tokens as its clean prompt; `"any"` leaves out what needs pairs of tokens. */
  readonly lengths?: "equal" | "any" | undefined;
}

/**
 * The task itself when it is sound.
 *
 * Throws `RangeError` for a prompt without tokens or answers, a missing corruption or one of another length, an
 * answer that is also wrong, a position outside the prompt, and ids that come twice.
 */
export function checkTask(task: Task, options: CheckOptions = {}): Task {
  checkOptions("checkTask", options, { lengths: "optional" });
  const { lengths = "equal" } = options;
  const ids = new Set<string>();
  if (task.prompts.length === 0) throw new RangeError(`${task.name}: no prompts`);
  for (const [i, prompt] of task.prompts.entries()) {
    const who = `${brief(task.name)}: prompts[${i}] ${quoted(prompt.id)}`;
    if (ids.has(prompt.id)) throw new RangeError(`${who} has the id of another`);
    ids.add(prompt.id);
    checkPrompt(who, task.corruptions, prompt, lengths);
  }
  return task;
}

function checkPrompt(
  who: string,
  corruptions: readonly string[],
  prompt: TaskPrompt,
  lengths: "equal" | "any",
): void {
  const { clean, corrupt, answers, wrong, positions, sequence } = prompt;
  if (clean.length === 0) throw new RangeError(`${who} has no tokens`);
  for (const corruption of corruptions) {
    const ids = Object.hasOwn(corrupt, corruption) ? corrupt[corruption] : undefined;
    if (ids === undefined) throw new RangeError(`${who} lacks corruption ${quoted(corruption)}`);
    if (lengths === "equal" && ids.length !== clean.length) {
      throw new RangeError(
        `${who} has ${clean.length} tokens, its corruption ${quoted(corruption)} has ${ids.length}`,
      );
    }
  }
  for (const [position, index] of Object.entries(positions)) checkIndex(position, index);
  if (sequence === undefined) checkAnswers("", answers, wrong);
  for (const { pos, answers: right, wrong: bad = [], value } of sequence ?? []) {
    checkIndex("sequence", pos);
    if (value === undefined) checkAnswers(` at position ${pos}`, right ?? [], bad);
  }

  function checkIndex(position: string, index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < clean.length) return;
    throw new RangeError(
      `${who} has ${clean.length} tokens, position ${quoted(position)} is ${index}`,
    );
  }

  function checkAnswers(where: string, right: readonly number[], bad: readonly number[]): void {
    if (right.length === 0) throw new RangeError(`${who} has no answers${where}`);
    const both = right.find((token) => bad.includes(token));
    if (both !== undefined)
      throw new RangeError(`${who}: token ${both} is right and wrong${where}`);
  }
}

/** The index of a named position. Throws `RangeError` naming the nearest name when the prompt has none of that name. */
export function positionOf(prompt: TaskPrompt, name: string): number {
  if (Object.hasOwn(prompt.positions, name)) return prompt.positions[name]!;
  throw new RangeError(
    `task: prompt ${quoted(prompt.id)} has no position ${quoted(name)}${didYouMean(name, Object.keys(prompt.positions))}`,
  );
}
