import { knownCircuit } from "@diopter/circuits";
import type { Task } from "@diopter/circuits/tasks";
import { expect, test } from "vitest";
import { cellsOf } from "../../src/circuit/cells";

const task = (prompts: readonly (readonly [template: string | undefined, length: number])[]) =>
  ({
    corruptions: ["other"],
    prompts: prompts.map(([template, length], i) => ({
      clean: Array.from({ length }, () => 0),
      corrupt: { other: Array.from({ length }, () => i) },
      groups: template === undefined ? {} : { template },
    })),
  }) as unknown as Task;

const levels = {
  component: ["edge"],
  value: ["mean"],
  tokens: ["all"],
  direction: "ablate-clean",
  set: "complement",
} as const;

test.each([
  [
    "several templates of one length each",
    [
      ["0", 5],
      ["0", 5],
      ["1", 7],
      ["1", 7],
    ],
    "group",
  ],
  [
    "several templates, one of a single text",
    [
      ["0", 5],
      ["1", 7],
      ["1", 7],
    ],
    "span",
  ],
  [
    "one template of one length",
    [
      ["0", 5],
      ["0", 5],
    ],
    "position",
  ],
  [
    "no templates, one length",
    [
      [undefined, 5],
      [undefined, 5],
    ],
    "position",
  ],
  [
    "templates of several lengths",
    [
      ["0", 5],
      ["0", 6],
      ["1", 7],
    ],
    "span",
  ],
] as const)("means over %s are by %s", (_, prompts, by) => {
  const [cell] = cellsOf(task(prompts), knownCircuit("reverse-2"), levels, 0);
  expect(cell!.ablation.value).toMatchObject({ kind: "mean", over: "corrupt", by });
});

test("axes are crossed, the component slowest", () => {
  const cells = cellsOf(
    task([["0", 5]]),
    knownCircuit("reverse-2"),
    {
      ...levels,
      component: ["edge", "node"],
      value: ["zero", "noise"],
      tokens: ["all", "specific"],
    },
    3,
  );
  expect(cells).toHaveLength(2 * 2 * 2);
  expect(cells.map(({ component, value, tokens }) => [component, value, tokens].join())).toEqual([
    "edge,zero,all",
    "edge,zero,specific",
    "edge,noise,all",
    "edge,noise,specific",
    "node,zero,all",
    "node,zero,specific",
    "node,noise,all",
    "node,noise,specific",
  ]);
  expect(cells[2]!.ablation.value).toMatchObject({ kind: "noise", seed: 3 });
});
