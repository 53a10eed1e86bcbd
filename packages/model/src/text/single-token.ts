/** @file Text that names one token: a target, an answer, a candidate. A word that is unknown is never scored. */

import { nearest } from "@diopter/graph";
import type { Tokenizer } from "./tokenizer";

/** What a tokenizer may tell about its words. */
export interface WordLookup extends Partial<Pick<Tokenizer, "size" | "special" | "tokenOf">> {
  encode(text: string): readonly number[];
  /** The token that unknown words become. */
  readonly unk?: number | undefined;
}

/**
 * Id of a text that is one token.
 *
 * Throws `RangeError` with the nearest word of the vocabulary when it is an unknown word or several tokens.
 *
 * @example singleToken(model.tokenizer!, " Paris")
 */
export function singleToken(tokenizer: WordLookup, text: string): number {
  const found = knownToken(tokenizer, text);
  if (found !== undefined) return found;
  const { length } = tokenizer.encode(text);
  const what = length === 1 ? "not in the vocabulary" : `${length} tokens, expected one`;
  throw new RangeError(`model: ${JSON.stringify(text)} is ${what}${tokenAdvice(tokenizer, text)}`);
}

/** `; "of" is one` for a text whose space is the matter, `; did you mean "Google"?` for a slip, or nothing. */
export function tokenAdvice(tokenizer: WordLookup, text: string): string {
  const spaced = text.startsWith(" ") ? text.trimStart() : ` ${text}`;
  if (tokenizer.encode(text).length !== 1 && knownToken(tokenizer, spaced) !== undefined) {
    return `; ${JSON.stringify(spaced)} is one`;
  }
  const words: string[] = [];
  for (let id = 0; id < (tokenizer.size ?? 0); id++) {
    const token = tokenizer.special?.has(id) ? undefined : tokenizer.tokenOf?.(id);
    // How the usual vocabularies spell a space.
    if (token !== undefined) words.push(token.replace(/^[\u0120\u2581]/u, " "));
  }
  const lower = text.toLowerCase();
  const near = words.find((word) => word.toLowerCase() === lower) ?? nearest(text, words);
  return near === undefined || near === text ? "" : `; did you mean ${JSON.stringify(near)}?`;
}

/** The one token of a text, unless it is the unknown one of another word. */
function knownToken(tokenizer: WordLookup, text: string): number | undefined {
  const [id, ...more] = tokenizer.encode(text);
  if (id === undefined || more.length > 0) return undefined;
  return id === tokenizer.unk && tokenizer.tokenOf?.(id) !== text ? undefined : id;
}
