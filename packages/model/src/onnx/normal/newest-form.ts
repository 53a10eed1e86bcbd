/**
 * @file Writes ops of older operator sets as the newest one does: axes and sizes are inputs, not attributes.
 *
 * Seen in every export below operator set 18 (torchscript14, torchscript17, optimum1).
 */

import type { Node, Rewriter } from "@diopter/graph";
import { int, intOf, intsOf } from "./attribute";

const AXES = /^(Unsqueeze|Squeeze|Reduce(Sum|Mean|Max|Min|Prod|SumSquare|L1|L2|LogSum|LogSumExp))$/;

/**
 * Has to see shapes for Softmax below operator set 13, which takes all axes from its axis on together; returns notes
 * on what no newer op does.
 */
export function toNewestForm(rewriter: Rewriter): string[] {
  const opset = rewriter.opsets[""] ?? 20;
  return rewriter.nodes().flatMap((node) => {
    if (node.domain !== "") return [];
    if (AXES.test(node.op)) moveToInput(rewriter, node, "axes");
    else if (node.op === "Split") newSplit(rewriter, node);
    else if (node.op === "Slice" && node.inputs.length === 1) newSlice(rewriter, node);
    else if (/^(Log)?Softmax$/.test(node.op) && opset < 13) return newSoftmax(rewriter, node);
    return [];
  });
}

function moveToInput(rewriter: Rewriter, node: Node, name: string): void {
  const values = intsOf(node, name);
  if (values === undefined || node.inputs.length > 1) return;
  const { [name]: _, ...attrs } = node.attrs;
  rewriter.update(node, { inputs: [node.inputs[0]!, rewriter.ints(...values)], attrs });
}

function newSplit(rewriter: Rewriter, node: Node): void {
  moveToInput(rewriter, node, "split");
  if (node.inputs.length === 1 && node.attrs.num_outputs === undefined) {
    rewriter.update(node, { attrs: { ...node.attrs, num_outputs: int(node.outputs.length) } });
  }
}

function newSlice(rewriter: Rewriter, node: Node): void {
  const starts = intsOf(node, "starts");
  const ends = intsOf(node, "ends");
  if (starts === undefined || ends === undefined) return;
  const axes = intsOf(node, "axes") ?? starts.map((_, i) => i);
  const lists = [starts, ends.map((end) => Math.min(end, 2 ** 53)), axes];
  const inputs = [node.inputs[0]!, ...lists.map((list) => rewriter.ints(...list))];
  rewriter.update(node, { inputs, attrs: {} });
}

function newSoftmax(rewriter: Rewriter, node: Node): string[] {
  const rank = rewriter.shape(node.inputs[0]!)?.length;
  const axis = intOf(node, "axis", 1);
  if (axis === -1 || (rank !== undefined && axis === rank - 1)) {
    rewriter.update(node, { attrs: { ...node.attrs, axis: int(-1) } });
    return [];
  }
  return [`${node.op} "${node.outputs[0]}" runs over several axes, as before operator set 13`];
}
