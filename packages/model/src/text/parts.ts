/** @file What normalizers, pre-tokenizers and decoders of a tokenizer.json share: classes of characters, patterns, refusals. */

import { SplitPreTokenizer } from "@huggingface/tokenizers";

/** A part of a tokenizer.json, or what it holds. */
export type Json = Readonly<Record<string, unknown>>;

/** What is white space to the Python library; JavaScript's `\s` has the byte order mark too, and lacks U+0085. */
export const SPACE = "\\p{White_Space}";

export const outerSpace = {
  start: new RegExp(`^${SPACE}+`, "u"),
  end: new RegExp(`${SPACE}+$`, "u"),
};

/** The error for a part that is not known; thrown when text is encoded or decoded, since ids need none of it. */
export function unknownPart(kind: string, part: unknown): RangeError {
  const type = typeof part === "object" && part !== null ? (part as Json).type : part;
  const what = JSON.stringify(type) ?? "without a type";
  return new RangeError(
    `tokenizer: ${kind} ${what.slice(0, 80)} is not supported; give token ids instead of text`,
  );
}

/** The regular expression of `{ String }` or `{ Regex }`, the latter as Oniguruma reads it. */
export function patternOf(pattern: unknown): RegExp {
  const { String: text, Regex: source } = (pattern ?? {}) as Json;
  if (typeof text === "string") return new RegExp(escaped(text), "gu");
  if (typeof source !== "string") throw unknownPart("pattern", pattern);
  try {
    // The library's own translation of the dialect.
    const { pattern: regex } = new SplitPreTokenizer({
      type: "Split",
      pattern: { Regex: source },
      behavior: "Isolated",
      invert: false,
    });
    return regex!;
  } catch (cause) {
    throw new RangeError(
      `tokenizer: pattern ${JSON.stringify(source).slice(0, 80)} is not supported; give token ids instead of text`,
      { cause },
    );
  }
}

export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, (sign) => (sign === "-" ? "\\x2d" : `\\${sign}`));
}

/** GPT-2's spelling of bytes: printable ones as themselves, the others from U+0100 on. */
export const byteLetters: readonly string[] = (() => {
  const printable = (byte: number) =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
})();

/** The bytes of a text in that spelling. */
export function spelledBytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byteLetters[byte]).join("");
}
