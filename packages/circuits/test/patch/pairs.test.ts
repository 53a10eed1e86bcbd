import { logitDifference } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { pairBatches, pairPrompts, realLength } from "../../src/patch/pairs";
import { ln } from "../helpers/networks";

test("pairs of unequal length or number are errors that say which", async () => {
  const model = await ln.load(reference());
  expect(() => pairPrompts(model, { clean: [1, 2, 3], corrupt: [1, 2] })).toThrow(
    "patch: clean prompt 0 has 3 tokens, its corruption 2; expected equal numbers",
  );
  const clean = [
    [1, 2, 3],
    [4, 5],
  ];
  expect(() => pairPrompts(model, { clean, corrupt: [...clean].reverse() })).toThrow(
    "patch: clean prompt 0 has 3 tokens, its corruption 2",
  );
  expect(() => pairPrompts(model, { clean, corrupt: [1, 2, 3] })).toThrow(
    "patch: 2 clean prompts, but 1 corrupt ones; expected pairs",
  );
});

test("a corruption is padded as its prompt is", async () => {
  const model = await ln.load(reference());
  const clean = { tokens: [[1, 2, 3, 0]], attentionMask: [[0, 1, 1, 0]] };
  const corrupt = { tokens: [[4, 0, 5]], attentionMask: [[1, 0, 1]] };
  const pairs = pairPrompts(model, { clean, corrupt });
  expect(pairs.corrupt).toEqual({ batch: 1, pos: 4, ids: [0, 4, 5, 0], keep: [0, 1, 1, 0] });
});

test("batches hold their rows of prompts, metric and positions", async () => {
  const model = await ln.load(reference());
  const clean = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  const pairs = pairPrompts(model, { clean, corrupt: [...clean].reverse() });
  const batches = pairBatches(pairs, {
    metric: logitDifference([1, 2, 3], 4),
    positions: { end: 2, S2: [0, 1, 2] },
    tokensPerRun: 7,
    dVocab: 13,
  });
  // 7 tokens are two prompts of 3.
  expect(batches.map(({ from }) => from)).toEqual([0, 2]);
  expect(batches[1]!.clean.tokens).toEqual([[7, 8, 9]]);
  expect(batches[1]!.corrupt.tokens).toEqual([[1, 2, 3]]);
  expect(batches[1]!.positions).toEqual({ end: 2, S2: [2] });
  const feeds = batches.map(({ metric }) =>
    Object.values(metric.feeds).map(({ data }) => Array.from(data, Number)),
  );
  expect(feeds).toEqual([
    [[1, 2], [4]],
    [[3], [4]],
  ]);
});

test("the number of real tokens is common to all prompts or to none", async () => {
  const model = await ln.load(reference());
  expect(
    realLength(
      model.prepare([
        [1, 2],
        [3, 4],
      ]),
    ),
  ).toBe(2);
  expect(realLength(model.prepare([[1, 2], [3]]))).toBeUndefined();
});
