/**
 * @file Takes activations with a bias in them apart, and writes quick gelu by its sigmoid.
 *
 * BiasGelu (bert, distilbert, gpt_neox fused and ortsession), FastGelu (gpt2 fused and ortsession, fused-skip),
 * QuickGelu (llama ortsession, alpha 1: silu), Gelu of com.microsoft.
 */

import { floatOf, string } from "../attribute";
import { Emit } from "../emit";
import { type Expansion, given } from "./expansion";

const gelu =
  (approximate: "none" | "tanh"): Expansion =>
  (rewriter, node) => {
    const emit = new Emit(rewriter, node);
    const bias = given(node, 1);
    const x = node.inputs[0]!;
    const sum = bias === undefined ? x : emit.add("Add", [x, bias]);
    emit.add("Gelu", [sum], { approximate: string(approximate) }, node.outputs[0]);
    return emit.nodes;
  };

export const exactGelu = gelu("none");
export const fastGelu = gelu("tanh");

export const quickGelu: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const x = node.inputs[0]!;
  const alpha = floatOf(node, "alpha", 1.702);
  const scaled = alpha === 1 ? x : emit.add("Mul", [x, rewriter.float(alpha)]);
  const gate = emit.add("Sigmoid", [scaled]);
  emit.add("Mul", [x, gate], {}, node.outputs[0]);
  return emit.nodes;
};
