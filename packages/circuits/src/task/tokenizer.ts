/** @file The part of a tokenizer that tasks need, and words in it. */

import { tokenAdvice, type WordLookup } from "@diopter/model";

/** Text to token ids, and the words there are for errors, as the tokenizer of a model offers them. */
export interface TaskTokenizer extends WordLookup {
  decode?(ids: readonly number[]): string;
  /** Beginning-of-sequence token. */
  readonly bos?: number | undefined;
}

/** A model, or anything else that has a tokenizer. */
export interface Tokenized {
  readonly tokenizer?: TaskTokenizer | undefined;
}

/** Its tokenizer. Throws `TypeError` where it has none. */
export function tokenizerOf(who: string, { tokenizer }: Tokenized): TaskTokenizer {
  if (tokenizer) return tokenizer;
  throw new TypeError(`${who}: the model has no tokenizer; give { tokenizer } in its place`);
}

/** The ids that every prompt begins with: `[bos]` or none. Throws `RangeError` when `bos` is asked for and missing. */
export function promptPrefix(
  who: string,
  { bos }: TaskTokenizer,
  prependBos = bos !== undefined,
): readonly number[] {
  if (!prependBos) return [];
  if (bos === undefined) {
    throw new RangeError(
      `${who}: prependBos, but the tokenizer has no beginning-of-sequence token`,
    );
  }
  return [bos];
}

/**
 * Token ids that a word adds after a text, with its space where the tokenizer spells one.
 *
 * Throws `RangeError` when the word changes the tokens before it.
 */
export function tokensAfter(
  who: string,
  tokenizer: TaskTokenizer,
  text: string,
  word: string,
): readonly number[] {
  const before = text === "" ? [] : tokenizer.encode(text);
  const both = tokenizer.encode(text + word);
  if (!startsWith(both, before)) {
    throw new RangeError(`${who}: "${word.trim()}" changes the tokens of "${text}" before it`);
  }
  return both.slice(before.length);
}

/** The one token that an answer adds after a prompt. Throws `RangeError` naming both and the number of tokens otherwise. */
export function answerToken(
  who: string,
  tokenizer: TaskTokenizer,
  prompt: string,
  answer: string,
): number {
  const ids = tokensAfter(who, tokenizer, prompt, answer);
  if (ids.length === 1 && ids[0] !== tokenizer.unk) return ids[0]!;
  const count = ids.length === 1 ? "not in the vocabulary" : `${ids.length} tokens, expected 1`;
  const advice = tokenAdvice(tokenizer, answer);
  throw new RangeError(`${who}: answer "${answer}" of "${prompt}" is ${count}${advice}`);
}

export interface SingleTokenOptions {
  /** What the words are, for errors. */
  readonly kind: string;
  /** How many are needed; 1 unless told. */
  readonly least?: number | undefined;
  /** The text that the words stand after; `"the "` unless told. */
  readonly after?: string | undefined;
}

/**
 * Those words that are single tokens of their own after other words.
 *
 * Words that share a token are unknown to the tokenizer and left out. Throws `RangeError` when fewer than
 * `least` are left.
 */
export function singleTokenWords(
  who: string,
  tokenizer: TaskTokenizer,
  words: readonly string[],
  { kind, least = 1, after = "the " }: SingleTokenOptions,
): readonly string[] {
  const carrier = after.trimEnd();
  const gap = after.slice(carrier.length);
  const byToken = new Map<number, string[]>();
  for (const word of new Set(words)) {
    const ids = tokensAfter(who, tokenizer, carrier, gap + word);
    if (ids.length !== 1 || ids[0] === tokenizer.unk) continue;
    byToken.set(ids[0]!, [...(byToken.get(ids[0]!) ?? []), word]);
  }
  const single = [...byToken.values()].flatMap((sharing) => (sharing.length === 1 ? sharing : []));
  if (single.length < least) {
    throw new RangeError(
      `${who}: ${single.length} of ${words.length} ${kind} are single tokens, expected at least ${least}`,
    );
  }
  return single;
}

/** Whether a tokenizer has tokens for all of a text. */
export function knows(tokenizer: TaskTokenizer, text: string): boolean {
  return tokenizer.unk === undefined || !tokenizer.encode(text).includes(tokenizer.unk);
}

/** Whether a list begins with another. */
export function startsWith(ids: readonly number[], prefix: readonly number[]): boolean {
  return prefix.length <= ids.length && prefix.every((id, i) => id === ids[i]);
}
