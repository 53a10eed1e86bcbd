import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adjusted, bounds, curve, difference, mean, note, wilcoxon } from "./readme-example";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the README shows the example that runs here", () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(read("../README.md"))?.[1];
  expect(shown).toBe(read("./readme-example.ts").replaceAll("export const", "const"));
});

test("the example does what its comments say", () => {
  expect(bounds[0]).toBeLessThan(mean.estimate);
  expect(bounds[1]).toBeGreaterThan(mean.estimate);
  expect(note).toContain("3 clusters");
  // -0.5 -1 -0.25 -0.75 -1.25 0.125: the smallest alone is above 0; none and {1} are 2 of 64 sign patterns on each side.
  expect(wilcoxon).toMatchObject({ n: 6, positive: 1, p: 4 / 64 });
  expect(difference.mean.estimate).toBeCloseTo(-3.625 / 6, 12);
  // 0.04 times 3, 0.0625 times 2, 0.2.
  expect([...adjusted]).toEqual([0.125, 0.12, 0.2]);
  expect(curve.map(({ fpr, tpr }) => [fpr, tpr])).toEqual([
    [0, 0],
    [0, 0.5],
    [1, 0.5],
    [1, 1],
  ]);
});
