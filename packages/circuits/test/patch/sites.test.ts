import { type ConfigChoices, completeConfig } from "@diopter/model";
import { expect, test } from "vitest";
import { patchGrid } from "../../src/patch/sites";
import { patchSweeps } from "../../src/patch/sweeps";

function config(more: Partial<ConfigChoices> = {}) {
  return completeConfig({
    family: "by-hand",
    nLayers: 2,
    nHeads: 4,
    dModel: 8,
    dHead: 2,
    dMlp: 8,
    dVocab: 5,
    nCtx: 8,
    actFn: "relu",
    normalizationType: "LN",
    ...more,
  });
}

test("all 18 functions of TransformerLens are in the table, with as many cells as their results have there", () => {
  const sizes = Object.entries(patchSweeps).map(([name, selection]) => [
    name.replace("get_act_patch_", ""),
    patchGrid(config(), selection, 3).coordinates.map((list) => list.length),
  ]);
  expect(Object.fromEntries(sizes)).toEqual({
    resid_pre: [2, 3],
    resid_mid: [2, 3],
    attn_out: [2, 3],
    mlp_out: [2, 3],
    attn_head_out_by_pos: [2, 3, 4],
    attn_head_q_by_pos: [2, 3, 4],
    attn_head_k_by_pos: [2, 3, 4],
    attn_head_v_by_pos: [2, 3, 4],
    attn_head_pattern_by_pos: [2, 4, 3],
    attn_head_pattern_dest_src_pos: [2, 4, 3, 3],
    attn_head_out_all_pos: [2, 4],
    attn_head_q_all_pos: [2, 4],
    attn_head_k_all_pos: [2, 4],
    attn_head_v_all_pos: [2, 4],
    attn_head_pattern_all_pos: [2, 4],
    attn_head_all_pos_every: [5, 2, 4],
    attn_head_by_pos_every: [5, 2, 3, 4],
    block_every: [3, 2, 3],
  });
});

test("a cell edits one part of one hook, in the order of the axes", () => {
  const { cells } = patchGrid(config(), { what: "attn_head_v", over: ["head", "layer", "pos"] }, 3);
  // head 1, layer 0, position 2 is cell (1 * 2 + 0) * 3 + 2 = 8
  expect(cells[8]).toEqual([{ at: "blocks.0.attn.hook_v", head: 1, pos: 2 }]);
});

test("what is not swept over is patched together, or where `at` says", () => {
  const all = patchGrid(config(), { what: "resid_post", over: ["pos"] }, 2);
  expect(all.cells).toEqual(
    [0, 1].map((pos) => [
      { at: "blocks.0.hook_resid_post", pos },
      { at: "blocks.1.hook_resid_post", pos },
    ]),
  );
  const at = { layer: [1], head: [0, 3], pos: ["S2", -1] };
  const some = patchGrid(config(), { what: "attn_head_out", over: ["layer", "pos"], at }, 9);
  expect(some.cells).toEqual([
    [{ at: "blocks.1.attn.hook_z", head: [0, 3], pos: "S2" }],
    [{ at: "blocks.1.attn.hook_z", head: [0, 3], pos: -1 }],
  ]);
});

test("streams are swept by position and heads whole, unless told otherwise", () => {
  expect(patchGrid(config(), { what: "mlp_out" }, 3).axes).toEqual(["layer", "pos"]);
  expect(patchGrid(config(), { what: "attn_head_k" }, 3).axes).toEqual(["layer", "head"]);
  const several = patchGrid(config(), { what: ["resid_pre", "attn_out"] }, 3);
  expect(several.axes).toEqual(["component", "layer", "pos"]);
});

test("a pattern's entries that no causal query sees are not run", () => {
  const selection = patchSweeps.get_act_patch_attn_head_pattern_dest_src_pos;
  const seen = (more: Partial<ConfigChoices>) =>
    patchGrid(config(more), selection, 3).cells.filter((cell) => cell.length > 0).length;
  // 8 heads; 3 + 2 + 1 of 9 entries each
  expect(seen({})).toBe(48);
  expect(seen({ attentionDir: "bidirectional" })).toBe(72);
});

test("keys and values that heads share are swept by group, and do not stack with queries", () => {
  const grouped = config({ nKeyValueHeads: 2 });
  expect(patchGrid(grouped, { what: "attn_head_v" }, 3).coordinates[1]).toEqual([0, 1]);
  expect(() => patchGrid(grouped, { what: ["attn_head_q", "attn_head_k"] }, 3)).toThrow(
    "patch: 4 heads share 2 keys and values, so attn_head_q, attn_head_k do not stack; patch them one by one",
  );
});

test("axes that make no sense are errors", () => {
  const refused = (selection: unknown, pos?: number) =>
    expect(() => patchGrid(config(), selection as never, pos));
  refused({ what: "resid" }).toThrow(
    'patch: unknown activation "resid"; expected resid_pre, resid_mid, resid_post',
  );
  refused({ what: "resid_pre", over: ["layer", "head"] }).toThrow(
    'patch: "resid_pre" has no head axis',
  );
  refused({ what: "attn_out", over: ["layer"], at: { key: [0] } }).toThrow(
    '"attn_out" has no key axis',
  );
  refused({ what: "attn_out", over: ["layer", "neuron"] }).toThrow('"attn_out" has no neuron axis');
  refused({ what: ["attn_out"], over: ["layer"] }).toThrow(
    'need the axis "component" in over, got layer',
  );
  refused({ what: "attn_out", over: ["component"] }).toThrow(
    '"component" needs a list of activations',
  );
  refused({ what: "attn_out", over: ["layer", "layer"] }).toThrow(
    "given twice in over: layer, layer",
  );
  refused({ what: "attn_out", over: ["layer"], at: { layer: [2] } }).toThrow(
    "patch: layer 2 is not in 0..1",
  );
  refused({ what: "attn_out" }).toThrow(
    "prompts differ in length, so their positions do not line up",
  );
});
