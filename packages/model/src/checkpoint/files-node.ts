/** @file A folder on disk as `Files`; reached by dynamic import so that the core stays free of Node. */

import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MissingFileError } from "../config/errors";
import type { Files } from "./files";

/**
 * The files of a folder.
 *
 * @throws {MissingFileError} when there is no such folder.
 */
export async function folder(path: string): Promise<Files> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new MissingFileError(`model: no folder "${path}"`);
  if (!found.isDirectory()) throw new MissingFileError(`model: "${path}" is not a folder`);
  return {
    id: path,
    size: async (name) => {
      const file = await stat(join(path, name)).catch(() => undefined);
      return file?.isFile() ? file.size : undefined;
    },
    names: async () => [
      ...(await filesIn(path)),
      ...(await filesIn(join(path, "onnx"))).map((name) => `onnx/${name}`),
    ],
    read: (name, start, end) => readRange(path, name, start, end),
    readInto: (name, start, target) =>
      withFile(path, name, (file) => fill(file, `${path}/${name}`, start, target)),
  };
}

/** Files in a folder, by name; none where there is no such folder. */
async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** What there is at `path`. */
export async function kindAt(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && (found.isDirectory() ? "folder" : "file");
}

function readRange(path: string, name: string, start = 0, end?: number) {
  return withFile(path, name, async (file) => {
    const length = (await file.stat()).size;
    const stop = end ?? length;
    if (start > stop || stop > length) {
      throw new RangeError(`${path}/${name}: bytes ${start} to ${stop} asked of ${length}`);
    }
    // Zeros would only be overwritten.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(stop - start).buffer);
    await fill(file, `${path}/${name}`, start, bytes);
    return bytes;
  });
}

async function withFile<T>(
  path: string,
  name: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(join(path, name)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new MissingFileError(`${path}: no file "${name}"`) : error;
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, subject: string, start: number, target: Uint8Array) {
  let done = 0;
  while (done < target.length) {
    // Systems read at most 2 GiB at a time.
    const length = Math.min(target.length - done, 2 ** 30);
    const { bytesRead } = await file.read(target, done, length, start + done);
    if (bytesRead === 0) throw new RangeError(`${subject}: file ends at byte ${start + done}`);
    done += bytesRead;
  }
}
