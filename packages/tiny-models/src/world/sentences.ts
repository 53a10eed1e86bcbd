/** @file Sentences of a task, all of them or a seeded draw. */
import { checkOptions, Random, type Seed } from "@diopter/tensor";
import type { Sentence, TaskName } from "./sentence";
import type { Split } from "./stable-hash";
import { tasks } from "./tasks";

export interface SentencesOptions {
  /** The part of the world; "test" unless told. */
  readonly split?: Split | undefined;
  /** How many; all of them where there are finitely many, else 1,000. */
  readonly n?: number | undefined;
  /** Seed of the draw; 0 unless told. */
  readonly seed?: Seed | undefined;
}

/**
 * Sentences of a task; throws RangeError for an unknown task or more sentences than there are.
 *
 * @example
 * sentences("ioi", { n: 100, seed: 7 }).map((sentence) => promptOf(sentence).text);
 */
export function sentences(name: TaskName, options: SentencesOptions = {}): Sentence[] {
  checkOptions("sentences", options, { split: "optional", n: "optional", seed: "optional" });
  const { split = "test", n, seed = 0 } = options;
  if (!Object.hasOwn(tasks, name)) {
    throw new RangeError(`sentences: no task "${name}"; tasks: ${Object.keys(tasks).join(", ")}`);
  }
  if (n !== undefined && !(Number.isInteger(n) && n >= 0))
    throw new RangeError(`sentences: expected a whole number n, got ${n}`);
  const task = tasks[name];
  const random = Random.from(seed);
  const all = task.all?.(split);
  if (all === undefined) return Array.from({ length: n ?? 1000 }, () => task.draw(random, split));
  if (n !== undefined && n > all.length) {
    throw new RangeError(`sentences: ${name} has ${all.length} ${split} sentences, not ${n}`);
  }
  return n === undefined ? [...all] : random.sample(all, n);
}
