/** @file Text that names a token: an unknown word is refused with the nearest, never scored as the unknown token. */

import { createTokenizer, singleToken } from "@diopter/model";
import { expect, test } from "vitest";
import { bytesLikeGpt2, llamaLike, wordLevel } from "./small-tokenizers";

const words = createTokenizer(wordLevel());

test("an unknown word is refused with the nearest word of the vocabulary", () => {
  expect(singleToken(words, "Google")).toBe(1);
  expect(() => singleToken(words, "Googl")).toThrow(
    new RangeError('model: "Googl" is not in the vocabulary; did you mean "Google"?'),
  );
  expect(() => singleToken(words, "google")).toThrow('did you mean "Google"?');
  expect(() => singleToken(words, "Xyzzy")).toThrow(
    new RangeError('model: "Xyzzy" is not in the vocabulary'),
  );
  expect(() => singleToken(words, "")).toThrow('model: "" is 0 tokens, expected one');
});

test("the unknown token itself may be asked for, and text keeps it", () => {
  expect(words.encode("Googl of Apple")).toEqual([0, 3, 2]);
  expect(singleToken(words, "[?]")).toBe(0);
});

test("where only the space is the matter, the message says so", () => {
  const llama = createTokenizer(llamaLike());
  expect(singleToken(llama, "of")).toBe(llama.idOf("▁of"));
  expect(() => singleToken(llama, " of")).toThrow(
    new RangeError('model: " of" is 2 tokens, expected one; "of" is one'),
  );
  const gpt2 = createTokenizer(bytesLikeGpt2());
  expect(singleToken(gpt2, " n")).toBe(2);
  expect(() => singleToken(gpt2, " o")).toThrow('" o" is 2 tokens, expected one; "o" is one');
});
