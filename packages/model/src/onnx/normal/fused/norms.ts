/**
 * @file Takes norms with sums in them apart.
 *
 * SimplifiedLayerNormalization (llama, qwen2 fused and ortsession), SkipLayerNormalization (bert, distilbert, gpt2,
 * gpt_neox fused), SkipSimplifiedLayerNormalization (llama, qwen2 fused). The sum keeps the name of the fourth output.
 */

import type { Attribute, Node, Rewriter } from "@diopter/graph";
import { float, floatOf, int, intOf } from "../attribute";
import { Emit } from "../emit";
import { type Expansion, given } from "./expansion";

function normAttrs(node: Node, epsilon: number): Record<string, Attribute> {
  return {
    axis: int(intOf(node, "axis", -1)),
    epsilon: float(floatOf(node, "epsilon", epsilon)),
    stash_type: int(1),
  };
}

export const simplifiedLayerNorm: Expansion = (rewriter, node) => {
  if (node.outputs[1]) return undefined;
  const emit = new Emit(rewriter, node);
  const [x, gain] = node.inputs as [string, string];
  emit.add("RMSNormalization", [x, gain], normAttrs(node, 1e-5), node.outputs[0]);
  return emit.nodes;
};

export const skipLayerNorm: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const sum = skipSum(emit, node, given(node, 4));
  const parts = [sum, node.inputs[2]!, ...(given(node, 3) ? [node.inputs[3]!] : [])];
  emit.add("LayerNormalization", parts, normAttrs(node, 1e-12), node.outputs[0]);
  return emit.nodes;
};

export const skipSimplifiedLayerNorm: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const sum = skipSum(emit, node, given(node, 3));
  const attrs = normAttrs(node, 1e-12);
  emit.add("RMSNormalization", [sum, node.inputs[2]!], attrs, node.outputs[0]);
  return emit.nodes;
};

/** input + skip + bias, where the bias belongs to the operand that a matrix made. */
function skipSum(emit: Emit, node: Node, bias: string | undefined): string {
  const [input, skip] = node.inputs as [string, string];
  const name = node.outputs[3] || undefined;
  if (bias === undefined) return emit.add("Add", [input, skip], {}, name);
  const second = isProduct(emit.rewriter, skip) && !isProduct(emit.rewriter, input);
  const biased = emit.add("Add", [second ? skip : input, bias]);
  return emit.add("Add", second ? [input, biased] : [biased, skip], {}, name);
}

function isProduct(rewriter: Rewriter, name: string): boolean {
  const direct = rewriter.maker(name);
  const maker = direct?.op === "Reshape" ? rewriter.maker(direct.inputs[0]!) : direct;
  return maker !== undefined && /^(MatMul|MatMulNBits|Gemm|FusedMatMul)$/.test(maker.op);
}
