import { inspect } from "node:util";
import { LensGrid } from "@diopter/lens";
import type { Provenance } from "@diopter/model";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

test("a grid says its size, and what the last layer predicts last", () => {
  const none = { rank: undefined, targetLogProbability: undefined, logits: undefined };
  const grid = (strings: string[][]) =>
    new LensGrid({
      layers: [
        {
          hook: "blocks.0.hook_resid_pre",
          label: "0_pre",
          ids: tensor([[[1], [2]]], { dtype: "int64" }),
          probabilities: tensor([[[0.5], [0.9296875]]]),
          entropy: tensor([[0, 0]]),
          kl: tensor([[0, 0]]),
          ...none,
        },
      ],
      tokens: { batch: 1, pos: 2, ids: [0, 1], keep: [1, 1] },
      strings,
      tokenOf: (id) => [" a", "\n", " Mary"][id]!,
      target: undefined,
      provenance: {} as Provenance,
    });
  const full = grid([[" a", "\n"]]);
  const expected = 'LensGrid of 1 layer, batch 1, 2 positions, last " Mary" 0.930';
  expect([String(full), inspect(full)]).toEqual([expected, expected]);
  expect(String(grid([]))).toBe("LensGrid of 1 layer, batch 0, 2 positions");
});
