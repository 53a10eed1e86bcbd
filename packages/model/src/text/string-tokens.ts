/** @file The text of tokens: piece by piece so that the pieces put together are the text, and alone as a list shows it. */

import type { Tokenizer } from "./tokenizer";

/** What decoders print for bytes that are no character (yet). */
const REPLACEMENT = "\u{fffd}";

/**
 * The piece of text that each id adds, `[pos]`.
 *
 * Pieces join to `tokenizer.decode(ids)` between special tokens. A character spread over several
 * byte tokens belongs to the last of them, the others are empty; an id without a token is its number.
 *
 * @example
 * stringTokens(tokenizer, tokenizer.encode("Hello world")); // ["Hello", " world"]
 */
export function stringTokens(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const pieces: string[] = [];
  let reader = new PieceReader(tokenizer);
  for (const id of ids) {
    if (!tokenizer.special.has(id)) {
      pieces.push(...reader.push(id));
      continue;
    }
    // Text after a special token is text of its own: it begins without the space between words.
    pieces.push(...reader.end(), tokenizer.decode([id]));
    reader = new PieceReader(tokenizer);
  }
  return [...pieces, ...reader.end()];
}

/** The text of ids, special tokens included; an id without a token is its number. */
export function textOf(tokenizer: Tokenizer, ids: readonly number[]): string {
  const reader = new PieceReader(tokenizer);
  return [...ids.flatMap((id) => reader.push(id)), ...reader.end()].join("");
}

/**
 * The text of one id as it stands among others, so that `" n"` and `"n"` differ.
 *
 * Part of a character is spelled as in the vocabulary; an id without a token is its number.
 */
export function tokenText(tokenizer: Tokenizer | undefined, id: number): string {
  const token = tokenizer?.tokenOf(id);
  if (!tokenizer || token === undefined) return String(id);
  const alone = tokenizer.decode([id]);
  if (alone === token || tokenizer.special.has(id)) return alone;
  // Alone a token may lose its space; the second of two does not.
  const twice = tokenizer.decode([id, id]);
  const text = twice.startsWith(alone) ? twice.slice(alone.length) : alone;
  return text.includes(REPLACEMENT) ? token : text;
}

/**
 * Reads ids one by one and gives the piece of text that each adds, once it is known.
 *
 * Each piece is read off decodings with and without its token, after the piece before it: one token alone may lose its
 * space, and part of a character has no text. Pieces come in the order of the ids, one for each.
 */
export class PieceReader {
  readonly #tokenizer: Tokenizer;
  /** The last piece that is out, for the context of spaces. */
  #before: readonly number[] = [];
  #held: number[] = [];
  /** How many of those held are context. */
  #silent = 0;

  /** `context`: ids that stand before, whose pieces are not asked for. */
  constructor(tokenizer: Tokenizer, context: readonly number[] = []) {
    this.#tokenizer = tokenizer;
    for (const id of context) this.push(id);
    this.#silent = this.#held.length;
  }

  /** The pieces that this id settles: none while a character is incomplete. */
  push(id: number): string[] {
    if (this.#tokenizer.tokenOf(id) === undefined) return [...this.end(), String(id)];
    this.#held.push(id);
    const whole = this.#tokenizer.decode([...this.#before, ...this.#held]);
    return whole.endsWith(REPLACEMENT) ? [] : this.#settle(whole);
  }

  /** The pieces still held back; one replacement sign stands for the character that never came. */
  end(): string[] {
    if (this.#held.length === 0) return [];
    const incomplete = this.#held.length < 4;
    const pieces = this.#settle(this.#tokenizer.decode([...this.#before, ...this.#held]));
    return incomplete ? pieces.map((piece) => piece.replace(/\u{fffd}+$/u, REPLACEMENT)) : pieces;
  }

  #settle(whole: string): string[] {
    const before = this.#tokenizer.decode(this.#before);
    // Where stray bytes change what stood before them, they are read without it.
    const text = whole.startsWith(before)
      ? whole.slice(before.length)
      : this.#tokenizer.decode(this.#held);
    const pieces = this.#held.map((_, i) => (i === this.#held.length - 1 ? text : ""));
    const asked = pieces.slice(this.#silent);
    this.#before = this.#held;
    this.#held = [];
    this.#silent = 0;
    return asked;
  }
}
