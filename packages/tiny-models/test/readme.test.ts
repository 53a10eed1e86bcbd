import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { given, ioi, known } from "./readme-example";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the README shows the example that runs here", () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(read("../README.md"))?.[1];
  expect(shown).toBe(read("./readme-example.ts").replaceAll("export const", "const"));
});

test("the example does what its comments say", () => {
  expect(known.texts).toEqual([" Apple"]);
  expect(given.texts).toEqual(ioi.map(({ answers }) => ` ${answers[0]}`));
});
