import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { induction } from "../../../src/task/generators/induction";
import { spaced, wordLevel } from "../fake-tokenizers";

test("the second round repeats the first but for the answer", () => {
  for (const tokenizer of [spaced(), wordLevel()]) {
    const { prompts } = checkTask(induction({ tokenizer }, { n: 30, length: 6 }));
    const first = tokenizer.bos === undefined ? 0 : 1;
    for (const { clean, corrupt, answers, wrong, positions } of prompts) {
      expect(clean).toHaveLength(first + 11);
      const round = clean.slice(first, first + 6);
      expect(new Set(round).size).toBe(6);
      expect([...clean.slice(first + 6), ...answers]).toEqual(round);
      expect(wrong).toEqual(round.slice(0, 5));
      expect(clean[positions.A1!]).toBe(clean[positions.end!]);
      expect(clean[positions.B1!]).toBe(answers[0]);
      expect(clean[positions.second!]).toBe(round[0]);
      const other = corrupt["other-first-half"]!;
      expect(other.slice(first + 6)).toEqual(clean.slice(first + 6));
      expect(other.slice(first, first + 6).filter((id) => round.includes(id))).toEqual([]);
    }
  }
});

test("token ids may be given in place of words", () => {
  const tokens = Array.from({ length: 8 }, (_, i) => 100 + i);
  const task = induction({ tokenizer: spaced() }, { tokens, length: 4, n: 5 });
  expect(task.candidates).toEqual(tokens);
  expect(() => induction({ tokenizer: spaced() }, { tokens, length: 5 })).toThrow(
    "induction: 8 tokens, expected at least 10",
  );
  expect(() => induction({ tokenizer: spaced() }, { length: 1 })).toThrow("length is 1");
});
