/**
 * @file Takes the ONNX op Attention (operator set 23) apart. Seen in dynamo23 of bert, gpt2, llama (4-D, bool mask).
 *
 * A cache of its own has to be empty.
 */

import { floatOf, intOf } from "../attribute";
import { Emit } from "../emit";
import { additive, attend, causal, joinHeads, repeatHeads } from "./attend";
import { type Expansion, given, wanted } from "./expansion";
import { pastIsEmpty, present } from "./multi-head-attention";

const LOWEST = -3.4028234663852886e38;

export const standardAttention: Expansion = (rewriter, node) => {
  const [query, key, value] = node.inputs as [string, string, string];
  const shapes = [query, key, value].map((x) => rewriter.shape(x));
  const flat = shapes[0]?.length === 3;
  if (shapes.some((shape) => shape === undefined) || !pastIsEmpty(rewriter, node, [4, 5])) {
    return undefined;
  }
  const headsOf = (at: number, attr: string) =>
    flat ? intOf(node, attr, 0) : (shapes[at]!.at(1) ?? 0);
  const heads = headsOf(0, "q_num_heads");
  const groups = headsOf(1, "kv_num_heads");
  const width = shapes[0]!.at(-1);
  if (typeof heads !== "number" || typeof groups !== "number" || typeof width !== "number") {
    return undefined;
  }
  if (heads === 0 || groups === 0 || wanted(rewriter, node, 3) !== undefined) return undefined;
  const emit = new Emit(rewriter, node);
  const dHead = flat ? width / heads : width;
  const split = (x: string, count: number) => (flat ? emit.splitHeads(x, count) : x);
  const q = split(query, heads);
  const [k, v] = [split(key, groups), split(value, groups)];
  present(emit, node, k, v);
  const masks: string[] = [];
  if (intOf(node, "is_causal", 0)) masks.push(additive(emit, causal(emit, q, k), LOWEST));
  const mask = given(node, 3);
  if (mask !== undefined) {
    const bool = rewriter.known(mask)?.dtype === "bool";
    masks.push(bool ? additive(emit, mask, LOWEST) : mask);
  }
  const last = shapes[2]!.at(-1);
  const dValue = flat && typeof last === "number" ? last / groups : dHead;
  const wideK = repeatHeads(emit, k, heads, heads / groups, dHead);
  const wideV = repeatHeads(emit, v, heads, heads / groups, dValue);
  const scale = floatOf(node, "scale", 0) || 1 / Math.sqrt(dHead);
  const options = { scale, softcap: floatOf(node, "softcap", 0), masks };
  if (flat) joinHeads(emit, attend(emit, q, wideK, wideV, options), node.outputs[0]!);
  else attend(emit, q, wideK, wideV, options, node.outputs[0]);
  return emit.nodes;
};
