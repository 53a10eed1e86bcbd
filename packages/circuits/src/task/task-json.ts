/** @file Tasks as JSON of our own, with everything that a task holds. */

import { checkOptions } from "@diopter/tensor";
import * as v from "valibot";
import {
  exactly,
  fields,
  finite,
  index,
  list,
  named,
  parseJSON,
  readAs,
  text,
} from "../schema/schema";
import { type CheckOptions, checkTask } from "./check-task";
import type { Task } from "./task";

/** Raised when the meaning of a field changes. */
const schemaVersion = 1;

/** A task as plain data; `JSON.stringify` writes it. */
export interface TaskJson extends Task {
  readonly schema: "diopter-task";
  readonly schemaVersion: number;
}

/** The task as plain data. */
export function taskToJSON(task: Task): TaskJson {
  return { schema: "diopter-task", schemaVersion, ...structuredClone(task) };
}

const ids = list(index);

const taskSchema = fields({
  schema: exactly("diopter-task"),
  schemaVersion: exactly(schemaVersion),
  name: text,
  version: text,
  source: v.optional(text),
  prompts: list(
    fields({
      id: text,
      clean: ids,
      corrupt: named(ids),
      answers: ids,
      wrong: ids,
      positions: named(index),
      groups: named(text),
      sequence: v.optional(
        list(
          fields({
            pos: index,
            answers: v.optional(ids),
            wrong: v.optional(ids),
            value: v.optional(finite),
          }),
        ),
      ),
    }),
  ),
  corruptions: list(text),
  metric: text,
  candidates: v.optional(ids),
});

/**
 * The task that `taskToJSON` wrote, or its text.
 *
 * Throws `RangeError` for another schema or version and for an unsound task, `TypeError` for a field of the wrong kind.
 */
export function taskFromJSON(json: unknown, options: CheckOptions = {}): Task {
  checkOptions("taskFromJSON", options, { lengths: "optional" });
  const value = typeof json === "string" ? parseJSON(json, "task") : json;
  const { schema, schemaVersion, ...task } = readAs(taskSchema, value, "task");
  return checkTask(task as Task, options);
}
