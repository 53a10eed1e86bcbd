/**
 * @file Takes com.microsoft Attention apart: three matrices out of one, heads, scores, mask, softmax.
 *
 * Seen in bert and distilbert fused, with the mask as lengths [batch]; other ranks by its documentation. A cache of
 * its own has to be empty.
 */

import type { Node, Rewriter } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { floatOf, intOf, intsOf } from "../attribute";
import { isPast } from "../drop-past";
import { Emit } from "../emit";
import { additive, attend, causal, joinHeads, microsoftMask } from "./attend";
import { type Expansion, given, wanted } from "./expansion";

export const microsoftAttention: Expansion = (rewriter, node) => {
  const [x, weights] = node.inputs as [string, string];
  const matrix = rewriter.tensor(weights);
  const heads = intOf(node, "num_heads", 0);
  if (matrix?.shape.length !== 2 || heads === 0 || refused(rewriter, node)) return undefined;
  const width = matrix.shape[1]!;
  const sizes = intsOf(node, "qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3];
  const whole = sizes.length === 3 && sizes.every((size) => Number.isInteger(size / heads));
  if (!whole || sizes.reduce((p, q) => p + q) !== width) return undefined;
  const emit = new Emit(rewriter, node);
  const parts = projections(emit, x, weights, given(node, 2), sizes);
  if (parts === undefined) return undefined;
  const [q, k, v] = parts.map((part) => emit.splitHeads(part, heads)) as [string, string, string];
  const masks = masksOf(emit, node, q, k);
  if (masks === undefined) return undefined;
  const scale = floatOf(node, "scale", 0) || 1 / Math.sqrt(sizes[0]! / heads);
  joinHeads(emit, attend(emit, q, k, v, { scale, softcap: 0, masks }), node.outputs[0]!);
  return emit.nodes;
};

function refused(rewriter: Rewriter, node: Node): boolean {
  const past = given(node, 4);
  const filled = past !== undefined && !rewriter.inputs.some((x) => x.name === past && isPast(x));
  return filled || wanted(rewriter, node, 1) !== undefined || intOf(node, "do_rotary", 0) !== 0;
}

function masksOf(emit: Emit, node: Node, q: string, k: string): string[] | undefined {
  const filter = floatOf(node, "mask_filter_value", -10000);
  const masks: string[] = [];
  if (intOf(node, "unidirectional", 0)) masks.push(additive(emit, causal(emit, q, k), filter));
  const given3 = given(node, 3);
  const padding = given3 === undefined ? undefined : microsoftMask(emit, given3, k, filter);
  if (given3 !== undefined && padding === undefined) return undefined;
  if (padding !== undefined) masks.push(padding);
  const bias = given(node, 5);
  if (bias !== undefined) masks.push(bias);
  return masks;
}

/** x W + b for the columns of q, k and v. */
function projections(
  emit: Emit,
  x: string,
  weights: string,
  bias: string | undefined,
  sizes: readonly number[],
): string[] | undefined {
  const { rewriter } = emit;
  const matrix = rewriter.tensor(weights)!;
  const offsets = bias === undefined ? undefined : rewriter.tensor(bias);
  if (bias !== undefined && offsets === undefined) return undefined;
  let from = 0;
  return sizes.map((size, i) => {
    const letter = "qkv"[i]!;
    const part = columns(matrix, from, size);
    const product = emit.add("MatMul", [x, rewriter.addInitializer(`${weights}/${letter}`, part)]);
    const rest = offsets && columns(offsets, from, size);
    from += size;
    if (rest === undefined) return product;
    return emit.add("Add", [product, rewriter.addInitializer(`${bias}/${letter}`, rest)]);
  });
}

/** Columns of a matrix, or entries of a vector. */
function columns(tensor: TensorLike, from: number, size: number): TensorLike {
  const width = tensor.shape.at(-1)!;
  const rows = tensor.data.length / width;
  const data = new Float32Array(rows * size);
  const source = tensor.data as Float32Array;
  for (let row = 0; row < rows; row++) {
    const start = row * width + from;
    data.set(source.subarray(start, start + size), row * size);
  }
  return { dtype: "float32", shape: [...tensor.shape.slice(0, -1), size], data };
}
