/** @file Foreign values in messages. */

import { brief, quoted } from "@diopter/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";

test("short values are their JSON", () => {
  expect(quoted("a\n")).toBe('"a\\n"');
  expect(quoted([1, null])).toBe("[1,null]");
  expect(quoted(undefined)).toBe("undefined");
  expect(quoted(3)).toBe("3");
  expect(brief("abc")).toBe("abc");
});

test("whatever the value, at most 80 characters", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string({ maxLength: 300 })), (value) => {
      expect(quoted(value).length).toBeLessThanOrEqual(80);
    }),
    { seed: 1, numRuns: 500 },
  );
  expect(quoted("x".repeat(1e6))).toBe(`"${"x".repeat(77)}…"`);
  expect(brief("x".repeat(1e6))).toBe(`${"x".repeat(79)}…`);
});

test("what JSON cannot say is named by its kind", () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 1e5; i++) deep = [deep];
  expect(quoted(deep)).toBe("a list");
  expect(quoted(1n)).toBe("a value of type bigint");
});
