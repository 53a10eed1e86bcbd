/** @file Families and switches without goldens elsewhere, against transformers in float64; made by golden/scripts/families.py. */

import { existsSync, readdirSync } from "node:fs";
import { Model } from "@diopter/model";
import { slice, type Tensor, type TensorLike } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { goldenPath, readTensors, relative } from "../../../test/golden";
import { runtimes } from "./helpers/runtimes";

const folder = (path = "") => goldenPath(`families/${path}`);
const cases = readdirSync(folder()).filter((name) =>
  existsSync(folder(`${name}/model.safetensors`)),
);

/** transformers rounds BLOOM's sqrt(2 / pi) to 0.79788456: the tanh form of GELU is 1e-9 off, sums of it more. */
const constants: Readonly<Record<string, number>> = { bloom: 1e-8 };

describe.each(runtimes)("on $name", ({ runtime, tolerance }) => {
  const executor = runtime();
  afterAll(() => executor.dispose());

  test.each(cases)("%s equals transformers at every hook", async (name) => {
    const { model, golden } = await open(name);
    const { logits, cache } = await model.runWithCache({ tokens: rows(golden.get("input_ids")!) });
    let compared = 0;
    for (const [key, expected] of golden) {
      const hook = key === "final_norm_out" ? "unembed.hook_in" : key;
      if (hook !== "logits" && !cache.has(hook)) continue;
      expect(hook === "logits" ? logits : cache.get(hook), key).toBeAllclose(
        expected,
        relative(expected, Math.max(tolerance, constants[name] ?? 0)),
      );
      compared++;
    }
    const inputs = [...golden.keys()].filter((key) => /^padded\.|^(input_ids|attention)/.test(key));
    expect(compared).toBe(golden.size - inputs.length);
  });

  test.each(cases)("%s gives each prompt of a padded batch what it gets alone", async (name) => {
    const { model, golden } = await open(name);
    const attentionMask = rows(golden.get("padded.attention_mask")!);
    const tokens = rows(golden.get("padded.input_ids")!);
    const { logits } = await model.runWithCache({ tokens, attentionMask });
    for (const [row, mask] of attentionMask.entries()) {
      const expected = golden.get(`padded.row${row}.logits`)!;
      const got = slice(logits, [row, mask.indexOf(1)], [row + 1, mask.length], [0, 1]);
      expect(got).toBeAllclose(
        expected,
        relative(expected, Math.max(tolerance, constants[name] ?? 0)),
      );
    }
  });

  async function open(name: string) {
    return {
      model: await Model.load(folder(name), { runtime: executor }),
      golden: readTensors(folder(`${name}/golden.safetensors`)),
    };
  }
});

function rows(x: TensorLike): number[][] {
  const width = x.shape[1]!;
  const values = Array.from(x.data as Tensor<"int64">["data"], Number);
  return Array.from({ length: x.shape[0]! }, (_, i) => values.slice(i * width, (i + 1) * width));
}
