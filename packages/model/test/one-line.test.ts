import { inspect } from "node:util";
import { ActivationCache, Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { zeros } from "@diopter/tensor";
import { expect, test } from "vitest";
import { tinyConfig, tinyWeights } from "./helpers/tiny-hooked";

const load = (id: string) =>
  Model.load({ config: tinyConfig, weights: tinyWeights(), id }, { runtime: reference() });

test("a model says its id, size and runtime, also when it has been disposed", async () => {
  const model = await load("tiny");
  const expected = "Model tiny (2 layers, 2 heads, dModel 4) on reference";
  expect([String(model), inspect(model)]).toEqual([expected, expected]);
  await model.dispose();
  expect(String(model)).toBe(expected);
  // 49 of the id, and the mark of what is left out.
  expect(String(await load(`a\n${"b".repeat(200)}`))).toBe(
    `Model a ${"b".repeat(47)}… (2 layers, 2 heads, dModel 4) on reference`,
  );
});

test("a cache says how much it holds, padding aside, and its first hook", async () => {
  const model = await load("tiny");
  const { cache } = await model.runWithCache([[1, 2, 3], [4]], {
    names: "blocks.*.hook_resid_pre",
  });
  const expected =
    "ActivationCache of 2 hooks, batch 2, 3 positions (blocks.0.hook_resid_pre, ...)";
  expect([String(cache), inspect(cache)]).toEqual([expected, expected]);
  expect(String(cache.row(1))).toBe(
    "ActivationCache of 2 hooks, batch 1, 1 position (blocks.0.hook_resid_pre, ...)",
  );
  const options = { keep: [], nLayers: 1 };
  expect(String(new ActivationCache([], options))).toBe("ActivationCache of 0 hooks");
  expect(String(new ActivationCache([["embed.W_E", zeros([7, 4])]], options))).toBe(
    "ActivationCache of 1 value (embed.W_E)",
  );
});
