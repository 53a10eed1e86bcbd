/**
 * @file Takes EmbedLayerNormalization apart: three Gathers, two sums, a LayerNormalization.
 *
 * Seen in bert and distilbert fused (without segments there). The second output counts the mask, [batch].
 */

import { float, floatOf, int } from "../attribute";
import { Emit } from "../emit";
import { type Expansion, given, wanted } from "./expansion";

export const embedLayerNorm: Expansion = (rewriter, node) => {
  const emit = new Emit(rewriter, node);
  const [ids, , words, places] = node.inputs as [string, string, string, string];
  const segments = given(node, 1);
  const mask = given(node, 7);
  const lengths = wanted(rewriter, node, 1);
  if (lengths !== undefined && mask === undefined) return undefined;
  const positions = given(node, 8) ?? emit.unsqueeze(emit.positions(ids, 1), 0);
  const word = emit.add("Gather", [words, ids], { axis: int(0) });
  const place = emit.add("Gather", [places, positions], { axis: int(0) });
  const total = node.outputs[2] || undefined;
  let sum: string;
  if (segments === undefined || !given(node, 4)) sum = emit.add("Add", [word, place], {}, total);
  else {
    const segment = emit.add("Gather", [node.inputs[4]!, segments], { axis: int(0) });
    sum = emit.add("Add", [emit.add("Add", [word, place]), segment], {}, total);
  }
  const attrs = {
    axis: int(-1),
    epsilon: float(floatOf(node, "epsilon", 1e-12)),
    stash_type: int(1),
  };
  emit.add("LayerNormalization", [sum, node.inputs[5]!, node.inputs[6]!], attrs, node.outputs[0]);
  if (lengths !== undefined) {
    emit.add("ReduceSum", [mask!, rewriter.ints(1)], { keepdims: int(0) }, lengths);
  }
  return emit.nodes;
};
