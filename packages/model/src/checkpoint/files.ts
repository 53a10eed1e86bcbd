/** @file Where a checkpoint's files come from: a folder, a hub, or memory. */

import { quoted } from "@diopter/graph";
import { MissingFileError } from "../config/errors";

/** Files by name, readable by ranges. */
export interface Files {
  /** What the files are called in messages and results: a folder or a hub id. */
  readonly id: string;
  /** Commit of the files, where the place they come from has commits. */
  readonly revision?: string;
  /** Length in bytes, or undefined when there is no such file. */
  size(name: string): Promise<number | undefined>;
  /** The names of files, folders within included, where the place can list them. */
  names?(): Promise<readonly string[]>;
  /** Bytes `start` to `end` in a buffer of their own; the whole file when no range is given. */
  read(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes from `start` on, where that is possible without another copy. */
  readInto?(name: string, start: number, target: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Whether an object answers as files do. */
export function isFiles(value: object): value is Files {
  return ["size", "read"].every((name) => typeof (value as never)[name] === "function");
}

/** Most bytes of a JSON file that is read: several times the largest tokenizer. */
export const mostJsonBytes = 2 ** 27;

/**
 * The JSON object in a file, or undefined when there is no such file.
 *
 * @throws {RangeError} when the file holds anything else.
 */
export async function readJsonIfThere(
  files: Files,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const size = await files.size(name);
  if (size === undefined) return undefined;
  requireJsonSize(size, `${files.id}/${name}`);
  const text = new TextDecoder().decode(await files.read(name));
  return parseObject(text, `${files.id}/${name}`);
}

/** As `readJsonIfThere`, but the file must be there. */
export async function readJson(
  files: Files,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const value = await readJsonIfThere(files, name);
  if (value === undefined) throw new MissingFileError(`${files.id}: no file "${name}"`);
  return value;
}

/** Throws RangeError for a JSON file that is longer than any that is read. */
export function requireJsonSize(size: number, subject: string): void {
  if (size <= mostJsonBytes) return;
  throw new RangeError(
    `${subject}: ${size} bytes of JSON are more than the ${mostJsonBytes} that are read; is this the right file?`,
  );
}

function parseObject(text: string, subject: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${subject}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RangeError(`${subject}: expected a JSON object, got ${quoted(value)}`);
  }
  return value as Record<string, unknown>;
}
