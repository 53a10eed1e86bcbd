/** @file Which token ids a side of a task is made of. */

import { didYouMean, quoted } from "@diopter/graph";
import { own } from "../schema/schema";
import type { Task, TaskPrompt } from "../task/task";
import { NotApplicableError } from "./not-applicable";

/** Name of the corruption meant; the task's first when none is named. Throws `RangeError` for unknown names. */
export function corruptionOf(task: Pick<Task, "corruptions">, name?: string): string {
  const found = name ?? task.corruptions[0];
  if (found === undefined) throw new NotApplicableError("the task has no corruption");
  if (task.corruptions.includes(found)) return found;
  throw new RangeError(
    `task: no corruption ${quoted(found)}${didYouMean(found, task.corruptions)}`,
  );
}

/** A prompt's corrupt ids; not applicable where their number differs from the clean ones. */
export function corruptRow(prompt: TaskPrompt, corruption: string): readonly number[] {
  const row = corruptIds(prompt, corruption);
  if (row.length !== prompt.clean.length) {
    throw new NotApplicableError(
      `prompt ${quoted(prompt.id)} has ${prompt.clean.length} tokens and its corruption ${quoted(corruption)} has ${row.length}`,
    );
  }
  return row;
}

/** A prompt's corrupt ids, however many. */
export function corruptIds({ id, corrupt }: TaskPrompt, corruption: string): readonly number[] {
  const row = own(corrupt, corruption);
  if (row) return row;
  throw new RangeError(`task: prompt ${quoted(id)} has no corruption ${quoted(corruption)}`);
}
