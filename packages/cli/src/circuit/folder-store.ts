/** @file Completed runs of a report as files in a folder, so that a job that was killed goes on where it was. */

import { join } from "node:path";
import type { RunStore } from "@diopter/circuits";
import { writeWhole } from "@diopter/model/whole-file";
import { readText } from "../read-json";

/** A store in a folder, which is made when something is kept. A file that is no JSON, or too long, counts as none. */
export function folderStore(folder: string): RunStore {
  const path = (key: string) => join(folder, `${key.replace(/[^\w-]/g, "_")}.json`);
  return {
    async get(key) {
      try {
        return JSON.parse(await readText(path(key)));
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        if (missing || error instanceof SyntaxError || error instanceof RangeError)
          return undefined;
        throw error;
      }
    },
    set: (key, value) => writeWhole(path(key), JSON.stringify(value)),
  };
}
