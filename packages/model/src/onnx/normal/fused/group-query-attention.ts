/**
 * @file Takes com.microsoft GroupQueryAttention apart: rotation, repeated heads, causal window, scores, softmax.
 *
 * Seen in decoders of ONNX Runtime's model builder. With an empty cache a token sees what stands before it; the
 * lengths of right-padded rows are not looked at, since no token that counts sees the padding.
 */

import type { Node } from "@diopter/graph";
import { floatOf, int, intOf } from "../attribute";
import { Emit } from "../emit";
import { additive, attend, causal, joinHeads, repeatHeads } from "./attend";
import { type Expansion, given, wanted } from "./expansion";
import { pastIsEmpty, present } from "./multi-head-attention";
import { rotate } from "./rotary";

const LOWEST = -3.4028234663852886e38;

export const groupQueryAttention: Expansion = (rewriter, node) => {
  const heads = intOf(node, "num_heads", 0);
  const groups = intOf(node, "kv_num_heads", 0);
  const sink = given(node, 11) !== undefined || intOf(node, "smooth_softmax", 0) > 0;
  if (heads === 0 || groups === 0 || sink || !pastIsEmpty(rewriter, node, [3, 4])) return undefined;
  if (wanted(rewriter, node, 3) !== undefined) return undefined;
  const emit = new Emit(rewriter, node);
  const width = rewriter.shape(node.inputs[0]!)?.at(-1);
  if (typeof width !== "number") return undefined;
  const packed = given(node, 1) === undefined;
  const dHead = width / (packed ? heads + 2 * groups : heads);
  const parts = packed ? unpacked(emit, node, heads, groups) : separate(emit, node, heads, groups);
  if (parts === undefined) return undefined;
  const [q, k] = rotated(emit, node, parts[0], parts[1]);
  const v = parts[2];
  present(emit, node, k, v);
  const [wideK, wideV] = [k, v].map((x) => repeatHeads(emit, x, heads, heads / groups, dHead));
  const window = intOf(node, "local_window_size", -1);
  const masks = [additive(emit, causal(emit, q, k, window), LOWEST)];
  const bias = given(node, 10);
  if (bias !== undefined) masks.push(bias);
  const scale = floatOf(node, "scale", 0) || 1 / Math.sqrt(dHead);
  const softcap = floatOf(node, "softcap", 0);
  joinHeads(emit, attend(emit, q, wideK!, wideV!, { scale, softcap, masks }), node.outputs[0]!);
  return emit.nodes;
};

type Parts = readonly [string, string, string];

function separate(emit: Emit, node: Node, heads: number, groups: number): Parts | undefined {
  const [q, k, v] = node.inputs as [string, string, string];
  if (!v) return undefined;
  return [emit.splitHeads(q, heads), emit.splitHeads(k, groups), emit.splitHeads(v, groups)];
}

/** Query, key and value heads stand one after the other in one value. */
function unpacked(emit: Emit, node: Node, heads: number, groups: number): Parts {
  const all = emit.splitHeads(node.inputs[0]!, heads + 2 * groups);
  const sizes = emit.rewriter.ints(heads, groups, groups);
  const [q, k, v] = emit.several("Split", [all, sizes], 3, { axis: int(1) });
  return [q!, k!, v!];
}

function rotated(emit: Emit, node: Node, q: string, k: string): readonly [string, string] {
  const [cos, sin] = [given(node, 7), given(node, 8)];
  if (intOf(node, "do_rotary", 0) === 0 || cos === undefined || sin === undefined) return [q, k];
  const { rewriter } = emit;
  const half = rewriter.shape(cos)?.at(-1);
  if (typeof half !== "number") return [q, k];
  const places = given(node, 9) ?? emit.unsqueeze(emit.positions(q, 2), 0);
  const table = (name: string) =>
    emit.unsqueeze(emit.add("Gather", [name, places], { axis: int(0) }), 1);
  const tables = [table(cos), table(sin)] as const;
  const style = {
    interleaved: intOf(node, "rotary_interleaved", 0) !== 0,
    part: 2 * half === dHeadOf(rewriter.shape(q), 2 * half) ? 0 : 2 * half,
    half,
  };
  return [rotate(emit, q, tables, style), rotate(emit, k, tables, style)];
}

function dHeadOf(shape: readonly unknown[] | undefined, otherwise: number): number {
  const last = shape?.at(-1);
  return typeof last === "number" ? last : otherwise;
}
