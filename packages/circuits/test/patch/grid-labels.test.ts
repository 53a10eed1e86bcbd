import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { gridLabels } from "../../src/patch/patch";
import { ln } from "../helpers/networks";

test("positions carry their token where all prompts have the same", async () => {
  const model = await ln.load(reference());
  const tokens = model.prepare([
    [1, 2, 3],
    [1, 4],
  ]);
  const labels = gridLabels(model, tokens, {
    axes: ["component", "layer", "head", "pos"],
    coordinates: [["attn_out"], [3], [0], [0, 1, -1, "S2"]],
  });
  expect(labels).toEqual([["attn_out"], ["L3"], ["H0"], ["0 #1", "1", "-1", "S2"]]);
});
