/** @file An entry of a snapshot that leads to its blob. */

import { copyFile, link, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { unique } from "../whole-file";

/**
 * Makes `pointer` a relative link to `blob`, all at once.
 *
 * Where links cannot be made (Windows without the privilege), a second name of the same bytes, or a copy.
 */
export async function pointTo(pointer: string, blob: string, symlinks: boolean): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const part = unique(pointer, "tmp");
  try {
    await makeLink(part, blob, symlinks);
    await rename(part, pointer);
  } finally {
    // Renaming one name of a file onto another name of it does nothing, and leaves both.
    await rm(part, { force: true });
  }
}

async function makeLink(part: string, blob: string, symlinks: boolean): Promise<void> {
  const ways = [
    ...(symlinks ? [() => symlink(relative(dirname(part), blob), part)] : []),
    () => link(blob, part),
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (
        !["EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EXDEV", "EMLINK", "UNKNOWN"].includes(code ?? "")
      )
        throw error;
    }
  }
  await copyFile(blob, part);
}
