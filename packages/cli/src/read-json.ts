/** @file JSON files that a command line names. */

import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { errorLine } from "./error-line";
import type { Io } from "./io";

/** Most bytes of a JSON file that are read: what is longer is some other file. */
const mostBytes = 2 ** 27;

/** What `read` makes of a JSON file. Throws `RangeError` with the file for one that cannot be read, and for whatever `read` throws. */
export async function readJson<T>(
  { cwd }: Pick<Io, "cwd">,
  file: string,
  read: (json: unknown) => T,
): Promise<T> {
  const path = resolve(cwd, file);
  const text = await readText(path).catch((error) => {
    throw new RangeError(`cannot read "${path}": ${errorLine(error)}`, { cause: error });
  });
  try {
    return read(parsed(text));
  } catch (error) {
    throw new RangeError(`${path}: ${errorLine(error)}`, { cause: error });
  }
}

/** The text of a file. Throws `RangeError` for one that is longer than any JSON that is read. */
export async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > mostBytes)
      throw new RangeError(`${size} bytes of JSON are more than the ${mostBytes} that are read`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`not JSON: ${errorLine(error)}`, { cause: error });
  }
}
