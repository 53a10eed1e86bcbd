import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { agreement } from "../../../src/task/generators/agreement";
import { spaced } from "../fake-tokenizers";

test("the verb agrees with the subject, and each corruption changes one noun's number", () => {
  const tokenizer = spaced();
  const { prompts } = checkTask(agreement({ tokenizer }, { n: 100 }));
  const word = (id: number) => tokenizer.decode([id]);
  const turned = (noun: string) => (noun.endsWith("s") ? noun.slice(0, -1) : `${noun}s`);
  for (const { clean, corrupt, answers, wrong, positions, groups } of prompts) {
    const [subject, attractor] = [positions.subject!, positions.attractor!];
    const singular = !word(clean[subject]!).endsWith("s");
    expect(groups.subject).toBe(singular ? "singular" : "plural");
    expect(tokenizer.decode(singular ? answers : wrong)).toBe(" is was has");
    expect(tokenizer.decode(singular ? wrong : answers)).toBe(" are were have");
    const words = clean.map(word);
    expect(corrupt["number-flip"]!.map(word)).toEqual(words.with(subject, turned(words[subject]!)));
    expect(corrupt["attractor-flip"]!.map(word)).toEqual(
      words.with(attractor, turned(words[attractor]!)),
    );
    // The 0 key 1 near 2 the 3 cabinet 4
    expect(positions).toEqual({ subject: 1, attractor: 4, end: 4 });
  }
  expect(new Set(prompts.map(({ groups }) => JSON.stringify(groups))).size).toBe(12); // 3 x 2 x 2
});

test("nouns that are no single token in both numbers are left out", () => {
  const tokenizer = spaced({ long: ["dogs"] });
  const nouns = ["dog", "cat", "key"].map((noun) => [noun, `${noun}s`] as const);
  for (const { id } of agreement({ tokenizer }, { nouns, n: 20 }).prompts)
    expect(id).not.toMatch("dog");
  expect(() => agreement({ tokenizer }, { nouns: nouns.slice(0, 2) })).toThrow(
    "agreement: 1 of 2 nouns are single tokens in both numbers, expected at least 2",
  );
  expect(() => agreement({ tokenizer }, { templates: ["The {SUBJECT}"] })).toThrow(
    /lacks {SUBJECT} or {ATTRACTOR}/,
  );
});
