import { expect, test } from "vitest";
import { counted, ordinal, rangeInWords } from "../src/words";

test("nouns agree with their number", () => {
  expect([counted(1, "row"), counted(2, "row"), counted(0, "entry"), counted(2, "key")]).toEqual([
    "1 row",
    "2 rows",
    "0 entries",
    "2 keys",
  ]);
});

test("the range leaves out and counts what is not finite", () => {
  expect(rangeInWords([2, 1, Number.NaN, 1 / 0], String)).toBe("values from 1 to 2, 2 not finite");
  expect(rangeInWords([], String)).toBe("no finite values");
});

test("ordinals have their endings", () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102].map(ordinal)).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "13th",
    "21st",
    "102nd",
  ]);
});
