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

/** What the Unicode version of the Python library's tables does not know yet (Unicode 17), in the plane of two bytes. */
const NEWER =
  "\\u088f\\u0c5c\\u0cdc\\u1acf-\\u1add\\u1ae0-\\u1aeb\\u20c1\\u2b96\\ua7ce\\ua7cf\\ua7d2\\ua7d4\\ua7f1\\ufbc3-\\ufbd2\\ufd90\\ufd91\\ufdc8-\\ufdce";
const newer = new RegExp(`[${NEWER}]`, "g");

/** The text as those tables see it: what they do not know stands as a character that nobody knows, of the same length. */
export function asKnown(text: string): string {
  return text.replace(newer, "\u0378");
}

/** Where a pattern is found in a text, by the classes of those tables. */
export function* found(
  pattern: RegExp,
  text: string,
): Generator<readonly [start: number, end: number]> {
  for (const { 0: match, index } of asKnown(text).matchAll(pattern)) {
    if (match !== "") yield [index, index + match.length];
  }
}

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
