/** @file The text of each token, so that the pieces put together are the text. */

import type { Tokenizer } from "./tokenizer";

/**
 * The piece of text that each id adds, `[pos]`.
 *
 * Pieces join to `tokenizer.decode(ids)` between special tokens. A character spread over several
 * byte tokens belongs to the last of them, the others are empty. Each piece is read off decodings
 * with and without its token, since one token alone may lose its space.
 *
 * @example
 * stringTokens(tokenizer, tokenizer.encode("Hello world")); // ["Hello", " world"]
 */
export function stringTokens(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const pieces: string[] = [];
  // Text of ids before `read` is out; decoding begins at `from`, one piece earlier, for the context of spaces.
  let [from, read] = [0, 0];
  ids.forEach((id, at) => {
    if (tokenizer.special.has(id)) {
      pieces.push(tokenizer.decode([id]));
      [from, read] = [at + 1, at + 1];
      return;
    }
    const before = tokenizer.decode(ids.slice(from, read));
    const whole = tokenizer.decode(ids.slice(from, at + 1));
    const last = at + 1 === ids.length || tokenizer.special.has(ids[at + 1] as number);
    if (whole.endsWith("\u{fffd}") && !last) {
      pieces.push("");
      return;
    }
    pieces.push(whole.slice(before.length));
    [from, read] = [read, at + 1];
  });
  return pieces;
}
