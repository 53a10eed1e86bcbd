/** @file TransformerLens's activation patching functions as options of one function. */

import type { PatchSelection } from "./sites";

const heads = [
  "attn_head_out",
  "attn_head_q",
  "attn_head_k",
  "attn_head_v",
  "attn_head_pattern",
] as const;

/**
 * What each of TransformerLens's 18 `get_act_patch_*` functions patches, by its name there.
 *
 * The axes of the results are in TransformerLens's order; patterns have their query position as `pos`.
 *
 * @example patch(model, { clean, corrupt, metric, ...patchSweeps.get_act_patch_resid_pre });
 */
export const patchSweeps = {
  get_act_patch_resid_pre: { what: "resid_pre", over: ["layer", "pos"] },
  get_act_patch_resid_mid: { what: "resid_mid", over: ["layer", "pos"] },
  get_act_patch_attn_out: { what: "attn_out", over: ["layer", "pos"] },
  get_act_patch_mlp_out: { what: "mlp_out", over: ["layer", "pos"] },
  get_act_patch_attn_head_out_by_pos: { what: "attn_head_out", over: ["layer", "pos", "head"] },
  get_act_patch_attn_head_q_by_pos: { what: "attn_head_q", over: ["layer", "pos", "head"] },
  get_act_patch_attn_head_k_by_pos: { what: "attn_head_k", over: ["layer", "pos", "head"] },
  get_act_patch_attn_head_v_by_pos: { what: "attn_head_v", over: ["layer", "pos", "head"] },
  get_act_patch_attn_head_pattern_by_pos: {
    what: "attn_head_pattern",
    over: ["layer", "head", "pos"],
  },
  get_act_patch_attn_head_pattern_dest_src_pos: {
    what: "attn_head_pattern",
    over: ["layer", "head", "pos", "key"],
  },
  get_act_patch_attn_head_out_all_pos: { what: "attn_head_out", over: ["layer", "head"] },
  get_act_patch_attn_head_q_all_pos: { what: "attn_head_q", over: ["layer", "head"] },
  get_act_patch_attn_head_k_all_pos: { what: "attn_head_k", over: ["layer", "head"] },
  get_act_patch_attn_head_v_all_pos: { what: "attn_head_v", over: ["layer", "head"] },
  get_act_patch_attn_head_pattern_all_pos: { what: "attn_head_pattern", over: ["layer", "head"] },
  get_act_patch_attn_head_all_pos_every: { what: heads, over: ["component", "layer", "head"] },
  get_act_patch_attn_head_by_pos_every: {
    what: heads,
    over: ["component", "layer", "pos", "head"],
  },
  get_act_patch_block_every: {
    what: ["resid_pre", "attn_out", "mlp_out"],
    over: ["component", "layer", "pos"],
  },
} as const satisfies Record<string, Required<PatchSelection>>;
