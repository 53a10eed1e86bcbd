/** @file Completed runs of a report as files in a folder, so that a job that was killed goes on where it was. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunStore } from "@diopter/circuits";

/** A store in a folder, which is made when something is kept. A file that is not whole counts as none. */
export function folderStore(folder: string): RunStore {
  const path = (key: string) => join(folder, `${key.replace(/[^\w-]/g, "_")}.json`);
  return {
    async get(key) {
      try {
        return JSON.parse(await readFile(path(key), "utf8"));
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        if (missing || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    async set(key, value) {
      await mkdir(folder, { recursive: true });
      // Renamed when whole: a job that is killed while it writes leaves no half of a run.
      const half = `${path(key)}.${process.pid}.part`;
      await writeFile(half, JSON.stringify(value));
      await rename(half, path(key));
    },
  };
}
