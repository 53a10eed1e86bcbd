import { expect, test } from "vitest";
import { checkTask } from "../../../src/task/check-task";
import { greaterThan, greaterThanYears } from "../../../src/task/generators/greater-than";
import { spaced } from "../fake-tokenizers";

test("answers are all later years of the century, wrong ones the others", () => {
  const tokenizer = spaced();
  const { prompts } = checkTask(greaterThan({ tokenizer }, { n: 100, seed: 54 }));
  for (const { clean, corrupt, answers, wrong, positions, groups } of prompts) {
    const text = tokenizer.decode(clean);
    const [, first, start, second] = /year (\d\d)(\d\d) to (\d\d)$/.exec(text)!;
    expect(second).toBe(first);
    expect(groups.century).toBe(first);
    const years = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, "0"));
    const decoded = (ids: readonly number[]) => ids.map((id) => tokenizer.decode([id]));
    expect(decoded(answers)).toEqual(years.slice(Number(start) + 1));
    expect(decoded(wrong)).toEqual(years.slice(0, Number(start) + 1));
    expect(tokenizer.decode(corrupt["01"]!)).toBe(text.replace(`${first}${start}`, `${first}01`));
    // The 0 war 1 lasted 2 from 3 the 4 year 5 17 6 55 7 to 8 17 9
    expect(positions).toEqual({ noun: 1, XX1: 6, YY: 7, XX2: 9, end: 9 });
  }
});

test("years are those of two tokens above 40, without the first and last of each century", () => {
  // 41 to 99 are 59 years, less two, in each of seven centuries: 7 x 57 = 399
  const all = greaterThanYears({ tokenizer: spaced() });
  expect(all).toHaveLength(399);
  expect(all[0]).toEqual({ century: 11, year: 42 });
  expect(all.at(-1)).toEqual({ century: 17, year: 98 });
  // where 1741, 1742 and 1799 are one token each, 43 and 98 are the first and last left
  const some = spaced({ pattern: / ?\p{L}+| (?:1741|1742|1799)| ?\d{1,2}|[^\p{L}\d\s]/gu });
  const years = greaterThanYears({ tokenizer: some }, { centuries: [17] }).map(({ year }) => year);
  // 44 to 97 are 54 years
  expect(years).toHaveLength(54);
  expect([years[0], years.at(-1)]).toEqual([44, 97]);
});

test("a tokenizer that cuts years elsewhere is refused", () => {
  const digits = spaced({ pattern: / ?\p{L}+| ?\d|[^\p{L}\d\s]/gu });
  const whole = spaced({ pattern: / ?\p{L}+| ?\d+|[^\p{L}\d\s]/gu });
  const three = spaced({ pattern: / ?\p{L}+| ?\d{1,3}|[^\p{L}\d\s]/gu });
  for (const tokenizer of [digits, whole, three])
    expect(() => greaterThan({ tokenizer })).toThrow("greaterThan: no year is two tokens");
});
