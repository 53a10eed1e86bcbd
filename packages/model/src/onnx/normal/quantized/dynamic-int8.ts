/**
 * @file Makes `MatMul(FakeQuantizeLinear(x), W)` of products of dynamically quantized activations.
 *
 * Seen in `*-int8`: DynamicQuantizeLinear, MatMulInteger, Cast, Mul by the product of both scales. One
 * DynamicQuantizeLinear serves query, key and value, and so does one marker.
 */

import type { Node, Rewriter } from "@diopter/graph";
import { nodeOf } from "../attribute";
import { dequantized } from "./dequantize-linear";

export function dynamicInt8(rewriter: Rewriter): void {
  const markers = new Map<Node, string>();
  for (const node of rewriter.nodes()) {
    if (node.op !== "MatMulInteger" || node.domain !== "") continue;
    rewrite(rewriter, markers, node);
  }
}

function rewrite(rewriter: Rewriter, markers: Map<Node, string>, node: Node): void {
  const [a, b, , bZero = ""] = node.inputs as [string, string, string?, string?];
  const source = rewriter.maker(a);
  if (source?.op !== "DynamicQuantizeLinear" || node.inputs[2] !== source.outputs[2]) return;
  const cast = onlyReader(rewriter, node, "Cast");
  const scaled = cast && onlyReader(rewriter, cast, "Mul");
  if (cast === undefined || scaled === undefined) return;
  const scale = weightScale(rewriter, scaled, cast.outputs[0]!, source.outputs[1]!);
  if (scale === undefined) return;
  const tensor = dequantized(rewriter, b, scale, bZero, 1, 0);
  if (tensor === undefined) return;
  const weight = rewriter.addInitializer(`${b}/float`, tensor);
  let marker = markers.get(source);
  if (marker === undefined) {
    const x = source.inputs[0]!;
    marker = rewriter.fresh(`${x}/fakequantized`);
    const node = nodeOf("FakeQuantizeLinear", [x], [marker]);
    rewriter.before(source, [{ ...node, domain: "diopter" }]);
    markers.set(source, marker);
  }
  rewriter.remove(node);
  rewriter.remove(cast);
  rewriter.replace(scaled, [nodeOf("MatMul", [marker, weight], scaled.outputs)]);
}

function onlyReader(rewriter: Rewriter, node: Node, op: string): Node | undefined {
  const name = node.outputs[0]!;
  if (!rewriter.isReadOnce(name) || rewriter.isOutput(name)) return undefined;
  const [reader] = rewriter.readers(name);
  return reader?.op === op && reader.domain === "" ? reader : undefined;
}

/** The scale of the weight in Mul(product, Mul(scale of x, scale of W)). */
function weightScale(
  rewriter: Rewriter,
  scaled: Node,
  product: string,
  xScale: string,
): string | undefined {
  const both = scaled.inputs.find((name) => name !== product);
  const maker = both === undefined ? undefined : rewriter.maker(both);
  if (maker?.op !== "Mul" || !maker.inputs.includes(xScale)) return undefined;
  const scale = maker.inputs.find((name) => name !== xScale);
  return scale !== undefined && rewriter.isConstant(scale) ? scale : undefined;
}
