/** @file A task whose prompts have each other's answers: what a method finds of it is what it finds of nothing. */

import { Random } from "@diopter/tensor";
import type { Task } from "./task";

/**
 * The same prompts, each with the answers and wrong answers of another; undefined where that changes nothing, and
 * for tasks that want a token at every position.
 *
 * @example attributeEdges(model, shuffledAnswers(task, { seed: 0 })!, { method: "eap" });
 */
export function shuffledAnswers(task: Task, { seed }: { readonly seed: number }): Task | undefined {
  const { prompts } = task;
  if (prompts.some(({ sequence }) => sequence)) return undefined;
  const random = new Random(seed).fork("shuffled answers");
  const order = random.permutation(prompts.length);
  const next = new Map(order.map((prompt, i) => [prompt, order[(i + 1) % order.length]!]));
  const shuffled = prompts.map((prompt, i) => {
    const { answers, wrong } = prompts[next.get(i)!]!;
    return { ...prompt, answers, wrong };
  });
  const changed = shuffled.some(({ answers, wrong }, i) => {
    const own = prompts[i]!;
    return JSON.stringify([answers, wrong]) !== JSON.stringify([own.answers, own.wrong]);
  });
  return changed
    ? { ...task, name: `${task.name}, answers shuffled`, prompts: shuffled }
    : undefined;
}
