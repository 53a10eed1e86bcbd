/** @file Where results go: to stdout as text or JSON, or to a file whose ending says what it is. */

import { extname, resolve } from "node:path";
import { writeWhole } from "@diopter/model/whole-file";
import { errorLine } from "./error-line";
import type { Io } from "./io";
import { UsageError } from "./usage-error";

type Content = string | Uint8Array;

/** The forms that a result has, each made only when asked for. */
export interface Forms {
  readonly text: () => string;
  readonly json: () => unknown;
  /** By ending, such as `.svg`. */
  readonly files: Readonly<Record<string, () => Content>>;
}

export interface OutputOptions {
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
}

/** Throws `UsageError` when `--out` has an ending that the command does not write; to be called before the work. */
export function checkOut(
  command: string,
  out: string | undefined,
  endings: readonly string[],
): void {
  if (out === undefined || endings.includes(extname(out))) return;
  const wanted =
    endings.length > 1 ? `${endings.slice(0, -1).join(", ")} or ${endings.at(-1)}` : endings[0];
  throw new UsageError(`${command}: --out is "${out}", expected a name that ends in ${wanted}`);
}

/** Writes a result to where it was asked for; a file is announced on stderr. */
export async function emit(io: Io, { json, out }: OutputOptions, forms: Forms): Promise<void> {
  if (out !== undefined) {
    const content =
      extname(out) === ".json" ? jsonText(forms.json()) : forms.files[extname(out)]!();
    io.err(`wrote ${await writeOut(io, out, content)}\n`);
  }
  if (json) io.out(jsonText(forms.json()));
  else if (out === undefined) io.out(forms.text());
}

/** Writes a file all at once, making its folder, and gives its absolute path. */
export async function writeOut({ cwd }: Io, out: string, content: Content): Promise<string> {
  const path = resolve(cwd, out);
  try {
    await writeWhole(path, content);
  } catch (error) {
    throw new Error(`cannot write "${path}": ${errorLine(error)}`, { cause: error });
  }
  return path;
}

/** JSON has no word for NaN and infinities; they become strings instead of a silent null. */
export function jsonText(value: unknown): string {
  const named = (_key: string, item: unknown) =>
    typeof item === "number" && !Number.isFinite(item) ? String(item) : item;
  return `${JSON.stringify(value, named, 2)}\n`;
}
