/**
 * @file Takes products with more in them apart.
 *
 * FusedMatMul (llama, gpt_neox ortsession: the scale of the scores and the transposed keys), FusedGemm, GemmFastGelu.
 */

import { floatOf, intOf, string, stringOf } from "../attribute";
import { Emit } from "../emit";
import { type Expansion, given } from "./expansion";

export const fusedMatMul: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const sides = node.inputs.slice(0, 2).map((x, i) => {
    const side = i === 0 ? "A" : "B";
    if (intOf(node, `transBatch${side}`, 0)) return undefined;
    if (!intOf(node, `trans${side}`, 0)) return x;
    const rank = rewriter.shape(x)?.length;
    if (rank === undefined) return undefined;
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    return emit.transpose(x, ...perm.slice(0, -2), rank - 1, rank - 2);
  });
  const [a, b] = sides;
  if (a === undefined || b === undefined) return undefined;
  const alpha = floatOf(node, "alpha", 1);
  if (alpha === 1) emit.add("MatMul", [a, b], {}, node.outputs[0]);
  else {
    const product = emit.add("MatMul", [a, b]);
    emit.add("Mul", [product, rewriter.float(alpha)], {}, node.outputs[0]);
  }
  return emit.nodes;
};

export const fusedGemm: Expansion = (rewriter, node) => {
  const activation = stringOf(node, "activation", "");
  if (!/^(Relu|Tanh|Sigmoid)$/.test(activation)) return undefined;
  const emit = new Emit(rewriter, node);
  const { alpha, beta, transA, transB } = node.attrs;
  const attrs = Object.fromEntries(
    Object.entries({ alpha, beta, transA, transB }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
  const sum = emit.add("Gemm", node.inputs, attrs);
  emit.add(activation, [sum], {}, node.outputs[0]);
  return emit.nodes;
};

export const gemmFastGelu: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const [x, weight] = node.inputs as [string, string];
  const product = emit.add("MatMul", [x, weight]);
  const bias = given(node, 2);
  const sum = bias === undefined ? product : emit.add("Add", [product, bias]);
  emit.add("Gelu", [sum], { approximate: string("tanh") }, node.outputs[0]);
  return emit.nodes;
};
