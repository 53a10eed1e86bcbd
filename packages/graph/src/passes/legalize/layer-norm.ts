/** @file LayerNormalization without its statistics, which are computed beside it (ONNX LayerNormalization-17). */

import type { Attribute, Node } from "../../graph/types";
import { type Fragment, int, intOf } from "./fragment";

/** Since this opset the axes of ReduceMean are an input. */
const AXES_ARE_INPUT = 18;

/** Appends the norm with one output, and mean and 1 / sqrt(variance + epsilon) where they are asked for. */
export function spellStatistics(fragment: Fragment, node: Node): void {
  const [x = ""] = node.inputs;
  const [output = "", mean = "", inverse = ""] = node.outputs;
  if (output !== "") fragment.nodes.push({ ...node, outputs: [output] });
  if (mean === "" && inverse === "") return;
  const subject = `LayerNormalization "${output || mean || inverse}"`;
  const dtype = fragment.float(x, subject);
  const single = dtype === "float16" && intOf(node, "stash_type", 1) === 1;
  const data = single ? fragment.node("Cast", [x], { to: int(1) })[0]! : x;
  const average = reduceMean(fragment, node, subject);
  const center = average(data, mean || undefined);
  if (inverse === "") return;
  const deviation = fragment.one("Sub", [data, center]);
  const variance = average(fragment.one("Mul", [deviation, deviation]));
  const epsilon = node.attrs.epsilon?.type === "float" ? node.attrs.epsilon.value : 1e-5;
  const constant = fragment.scalar(epsilon, single ? "float32" : dtype);
  const scale = fragment.one("Sqrt", [fragment.one("Add", [variance, constant])]);
  fragment.one("Reciprocal", [scale], inverse);
}

/** A mean over the axes from the node's `axis` on, which stay with length 1. */
function reduceMean(fragment: Fragment, node: Node, subject: string) {
  const first = intOf(node, "axis", -1);
  const rank = fragment.info(node.inputs[0]!)?.shape?.length;
  if (first >= 0 && rank === undefined) {
    throw new RangeError(`legalize: ${subject} needs the rank of "${node.inputs[0]}"`);
  }
  const from = first < 0 ? first : first - rank!;
  const axes = Array.from({ length: -from }, (_, i) => from + i);
  const keep = { keepdims: int(1) };
  return (data: string, output?: string) => {
    if (fragment.opset >= AXES_ARE_INPUT) {
      return fragment.node("ReduceMean", [data, fragment.ints(...axes)], keep, [output])[0]!;
    }
    const attribute: Attribute = { type: "ints", value: axes };
    return fragment.node("ReduceMean", [data], { ...keep, axes: attribute }, [output])[0]!;
  };
}
