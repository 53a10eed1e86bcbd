import { createTokenizer } from "@diopter/model";
import { expect, test } from "vitest";
import { noTrained, readJson, trainedPath } from "../../../../test/golden";
import { ioi } from "../../src/task/generators/ioi";
import {
  answerToken,
  promptPrefix,
  singleTokenWords,
  type TaskTokenizer,
  tokensAfter,
} from "../../src/task/tokenizer";
import { spaced, wordLevel } from "./fake-tokenizers";

test("a word's tokens are those that it adds to a text", () => {
  const tokenizer = spaced({ long: ["Sue"] });
  expect(tokenizer.decode(tokensAfter("toy", tokenizer, "to", " Ann"))).toBe(" Ann");
  expect(tokensAfter("toy", tokenizer, "to", " Sue")).toHaveLength(4); // " ", S, u, e
  expect(tokenizer.decode(tokensAfter("toy", tokenizer, "", "Ann"))).toBe("Ann");
  expect(() => tokensAfter("toy", tokenizer, "to", "Ann")).toThrow(
    'toy: "Ann" changes the tokens of "to" before it',
  );
});

test("an answer of several tokens is refused with prompt, answer and count", () => {
  const tokenizer = spaced({ long: ["Sue"] });
  expect(answerToken("toy", tokenizer, "to", " Ann")).toBe(tokenizer.encode("to Ann")[1]);
  expect(() => answerToken("toy", tokenizer, "to", " Sue")).toThrow(
    'toy: answer " Sue" of "to" is 4 tokens, expected 1',
  );
  const unknown: TaskTokenizer = { encode: (text) => text.split(" ").map(() => 3), unk: 3 };
  expect(() => answerToken("toy", unknown, "to", " Ann")).toThrow("is not in the vocabulary");
});

test("single-token words depend on what they stand after", () => {
  const tokenizer = spaced({ long: ["Sue"] });
  const options = { kind: "names" };
  expect(singleTokenWords("toy", tokenizer, ["Ann", "Sue", "Ann"], options)).toEqual(["Ann"]);
  expect(singleTokenWords("toy", tokenizer, ["Ann"], { ...options, after: '"' })).toEqual(["Ann"]);
  expect(() => singleTokenWords("toy", tokenizer, ["Sue"], options)).toThrow(
    "toy: 0 of 1 names are single tokens, expected at least 1",
  );
});

test("prompts begin with the beginning-of-sequence token where there is one", () => {
  expect(promptPrefix("toy", wordLevel())).toEqual([0]);
  expect(promptPrefix("toy", wordLevel(), false)).toEqual([]);
  expect(promptPrefix("toy", spaced())).toEqual([]);
});

test.skipIf(noTrained)(
  "names are found in a tokenizer that marks words, not spaces (needs ../shared/models)",
  () => {
    const read = (file: string) => readJson(trainedPath(`stories260K/hf/${file}`));
    const tokenizer = createTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
    const names = "Lily Tim Timmy One She Once Mary Jonathan".split(" "); // the last two are several tokens
    const { prompts, candidates } = ioi(
      { tokenizer },
      { n: 30, names, places: ["day", "friend"], objects: ["play"] },
    );
    expect(candidates).toHaveLength(6);
    for (const { clean, positions, answers, wrong } of prompts) {
      const words = ["IO", "S1", "S2"].map((name) => tokenizer.tokenOf(clean[positions[name]!]!));
      expect(words[1]).toBe(words[2]);
      expect(words.slice(0, 2)).toEqual([answers[0], wrong[0]].map((id) => tokenizer.tokenOf(id!)));
      expect(names).toContain(words[0]!.replace("▁", ""));
      expect(clean[0]).toBe(tokenizer.bos);
    }
  },
);
