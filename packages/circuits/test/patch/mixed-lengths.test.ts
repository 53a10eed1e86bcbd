/** @file Pairs of different lengths, however padded, give what each pair gives alone. */

import { logitDifference, type TokenPrompt } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { afterAll, expect, test } from "vitest";
import { type Layout, laidOut } from "../../../model/test/helpers/random-edits";
import { type PatchOptions, patch } from "../../src/patch/patch";
import { patchPaths } from "../../src/patch/paths";
import { gqa, ln } from "../helpers/networks";

const runtime = reference();
afterAll(() => runtime.dispose());

const exact = { rtol: 0, atol: 1e-9 };
const [right, wrong] = [
  [3, 4, 5],
  [6, 7, 8],
];
const selections: Omit<PatchOptions, "clean" | "corrupt" | "metric">[] = [
  { what: "resid_pre", over: ["layer"] },
  { what: "attn_head_out", over: ["layer", "head"], at: { pos: [-1] } },
  { what: "attn_head_pattern", over: ["layer", "pos", "key"], at: { pos: [-1, -2], key: [0, -2] } },
  {
    what: "mlp_out",
    over: ["layer", "pos"],
    at: { pos: ["subject", -1] },
    positions: { subject: [0, 1, 2] },
  },
];

test.each([ln, gqa])("sweeps and paths of mixed lengths in $name", async (net) => {
  const model = await net.load(runtime);
  const random = new Random(0);
  const ids = (n: number) => Array.from({ length: n }, () => random.integer(0, 13));
  const clean = [2, 4, 3].map(ids);
  const corrupt = [2, 4, 3].map(ids);
  const layouts: readonly Layout[] = ["left", "holes", "right", "wide"];
  for (const [l, layout] of layouts.entries()) {
    const laid = (prompts: number[][], as: Layout): TokenPrompt => laidOut(random, prompts, as);
    const sides = { clean: laid(clean, layout), corrupt: laid(corrupt, layouts[(l + 1) % 4]!) };
    const alone = (i: number) => ({
      clean: clean[i]!,
      corrupt: corrupt[i]!,
      metric: logitDifference(right[i]!, wrong[i]!),
    });
    const metric = logitDifference(right, wrong);
    for (const { positions, ...selection } of selections) {
      const all = await patch(model, {
        ...sides,
        metric,
        ...selection,
        ...(positions && { positions }),
      });
      for (const i of clean.keys()) {
        const own = positions && { positions: { subject: i } };
        const one = await patch(model, { ...alone(i), ...selection, ...own });
        const column = all.values.gather([i], all.values.rank - 1);
        expect(column, `${layout} ${JSON.stringify(selection)}`).toBeAllclose(one.values, exact);
      }
    }
    const paths = { receivers: ["a1.h0<q>", "logits"], at: { receiver: [-1], sender: [-1, 0] } };
    const all = await patchPaths(model, { ...sides, metric, ...paths });
    for (const i of clean.keys()) {
      const one = await patchPaths(model, { ...alone(i), ...paths });
      expect(all.values.gather([i], 2), layout).toBeAllclose(one.values, exact);
    }
  }
});
