/**
 * @file Takes com.microsoft MultiHeadAttention apart. Seen in encoders and decoders that ONNX Runtime's tools fuse.
 *
 * Of the layouts that its documentation allows, separate query, key and value (keys and values by head too); packed
 * ones stay. A cache of its own has to be empty.
 */

import type { Node, Rewriter } from "@diopter/graph";
import { floatOf, intOf } from "../attribute";
import { isPast } from "../drop-past";
import { Emit } from "../emit";
import { additive, attend, causal, joinHeads, microsoftMask } from "./attend";
import { type Expansion, given, wanted } from "./expansion";

export const multiHeadAttention: Expansion = (rewriter, node) => {
  const heads = intOf(node, "num_heads", 0);
  const [query, key, value] = node.inputs;
  if (heads === 0 || !query || !key || !value || !pastIsEmpty(rewriter, node, [6, 7]))
    return undefined;
  if (wanted(rewriter, node, 3) !== undefined) return undefined;
  const width = rewriter.shape(query)?.at(-1);
  if (typeof width !== "number" || rewriter.shape(query)?.length !== 3) return undefined;
  const emit = new Emit(rewriter, node);
  const bias = given(node, 3);
  const sides = [query, key, value].map((x, i) => byHead(emit, x, bias, i, width, heads));
  const [q, k, v] = sides;
  if (q === undefined || k === undefined || v === undefined) return undefined;
  present(emit, node, k, v);
  const filter = floatOf(node, "mask_filter_value", -10000);
  const masks: string[] = [];
  if (intOf(node, "unidirectional", 0)) masks.push(additive(emit, causal(emit, q, k), filter));
  const padding = given(node, 4);
  if (padding !== undefined) {
    const mask = microsoftMask(emit, padding, k, filter);
    if (mask === undefined) return undefined;
    masks.push(mask);
  }
  const added = given(node, 5);
  if (added !== undefined) masks.push(added);
  const scale = floatOf(node, "scale", 0) || 1 / Math.sqrt(width / heads);
  joinHeads(emit, attend(emit, q, k, v, { scale, softcap: 0, masks }), node.outputs[0]!);
  return emit.nodes;
};

/** Whether the inputs of a cache are absent, or graph inputs that are taken to be empty. */
export function pastIsEmpty(rewriter: Rewriter, node: Node, places: readonly number[]): boolean {
  return places.every((at) => {
    const name = given(node, at);
    return (
      name === undefined || rewriter.inputs.some((input) => input.name === name && isPast(input))
    );
  });
}

/** Keys and values as the cache would hold them keep the names of the second and third output. */
export function present(emit: Emit, node: Node, k: string, v: string): void {
  if (node.outputs[1]) emit.add("Identity", [k], {}, node.outputs[1]);
  if (node.outputs[2]) emit.add("Identity", [v], {}, node.outputs[2]);
}

/** Query, key or value with its part of the bias, [batch, head, pos, dHead]. */
function byHead(
  emit: Emit,
  x: string,
  bias: string | undefined,
  side: number,
  width: number,
  heads: number,
): string | undefined {
  const { rewriter } = emit;
  const rank = rewriter.shape(x)?.length;
  if (rank === 4 && bias === undefined) return x;
  if (rank !== 3) return undefined;
  if (bias === undefined) return emit.splitHeads(x, heads);
  const size = rewriter.shape(bias)?.[0];
  const from = side * width;
  const to = side === 2 ? size : from + width;
  if (typeof to !== "number") return undefined;
  const part = emit.add("Slice", [bias, rewriter.ints(from), rewriter.ints(to), rewriter.ints(0)]);
  return emit.splitHeads(emit.add("Add", [x, part]), heads);
}
