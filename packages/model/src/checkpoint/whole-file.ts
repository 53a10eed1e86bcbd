/**
 * @file Files that are whole or not there, at `@diopter/model/whole-file` for Node: written under a name that says who
 * writes them, renamed when done, and removed when their writer was killed.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

/** Ending of downloads that only this loader resumes: other clients do not write theirs from front to back. */
export const incomplete = "diopter.incomplete";

/** The file that it becomes, who writes it, and its ending. */
const partName = /^(.+?)(\.(?:[0-9a-f]{6}-\d+-)?[0-9a-f]{8})?\.(diopter\.incomplete|tmp)$/;

/** Milliseconds of silence after which a writer of another machine is taken for dead. */
const abandonedAfter = 600_000;

/**
 * Writes a file all at once, making its folder: whoever reads it finds the old content or the new, never a part.
 *
 * Removes what killed processes left beside it. Throws the system's errors, the old content staying as it is.
 *
 * @example await writeWhole("report.html", report.toHTML());
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // What is no file, such as a pipe, holds nothing that could be lost, and must stay what it is.
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile()) return writeFile(path, content);
  // A link keeps leading to its file.
  const target = there ? await realpath(path) : path;
  const part = unique(target, "tmp");
  try {
    await writeFile(part, content, there && { mode: there.mode });
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
  await removeAbandoned(dirname(target));
}

/** A name beside `path` that nobody else has; it says which process of which machine made it. */
export function unique(path: string, ending: string): string {
  return `${path}.${machine()}-${process.pid}-${randomUUID().slice(0, 8)}.${ending}`;
}

/** Whether the process that wrote the file at `path` is gone, or has been silent for ten minutes. */
export async function isAbandoned(path: string): Promise<boolean> {
  const [, where, pid] = path.match(/\.([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.[a-z.]+$/) ?? [];
  if (where === machine() && !isRunning(Number(pid))) return true;
  const written = (await stat(path).catch(() => undefined))?.mtimeMs;
  return written !== undefined && Date.now() - written > abandonedAfter;
}

/**
 * Removes what killed processes left in `folder`, but for downloads that can still be taken up.
 *
 * Nothing waits for them, so whatever cannot be removed stays.
 */
export async function removeAbandoned(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, whole, writer, kind] = name.match(partName) ?? [];
    // What nobody writes is an interrupted download, kept for the next; a file of that name is none of ours otherwise.
    if (whole === undefined || (writer === undefined && kind === "tmp")) continue;
    if (kind === incomplete && !names.includes(whole)) continue;
    const path = join(folder, name);
    if (writer === undefined || (await isAbandoned(path)))
      await rm(path, { force: true }).catch(() => {});
  }
}

function machine(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
