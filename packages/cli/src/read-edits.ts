/** @file Declarative edits from a JSON file. */

import { quoted } from "@diopter/graph";
import type { Edit } from "@diopter/model";
import { readJson } from "./read-json";

/** The edits in a file: a list, or one alone. Throws `RangeError` when it holds something else. */
export async function readEdits(file: string, cwd: string): Promise<Edit[]> {
  return readJson({ cwd }, file, (json) =>
    ([json].flat() as unknown[]).map((edit, i) => {
      if (isEdit(edit)) return edit;
      throw new RangeError(`edit ${i} is ${quoted(edit)}, expected an object with "at" and "do"`);
    }),
  );
}

/** Whether it looks like an edit; what it says is checked where the model is known. */
function isEdit(value: unknown): value is Edit {
  if (typeof value !== "object" || value === null) return false;
  const { at, do: what } = value as Partial<Edit>;
  return typeof at === "string" && typeof what === "string";
}
