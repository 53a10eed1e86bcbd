/** @file Makes initializers of Constant nodes. Seen in every torchscript and optimum export. */

import type { Attribute, Initializer, Rewriter } from "@diopter/graph";

export function constantsToInitializers(rewriter: Rewriter): void {
  for (const node of rewriter.nodes()) {
    if (node.op !== "Constant" || node.domain !== "") continue;
    const name = node.outputs[0]!;
    const tensor = tensorOf(node.attrs);
    if (tensor === undefined || rewriter.isOutput(name)) continue;
    rewriter.remove(node);
    rewriter.initializers.set(name, tensor);
  }
}

function tensorOf(attrs: Readonly<Record<string, Attribute>>): Initializer | undefined {
  const [key, attribute] = Object.entries(attrs)[0] ?? [];
  if (attribute?.type === "tensor") return attribute.value;
  if (key === "value_float" && attribute?.type === "float") {
    return { dtype: "float32", shape: [], data: Float32Array.of(attribute.value) };
  }
  if (key === "value_floats" && attribute?.type === "floats") {
    const data = Float32Array.from(attribute.value);
    return { dtype: "float32", shape: [data.length], data };
  }
  if (key === "value_int" && attribute?.type === "int") {
    return { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(attribute.value)) };
  }
  if (key === "value_ints" && attribute?.type === "ints") {
    const data = BigInt64Array.from(attribute.value, BigInt);
    return { dtype: "int64", shape: [data.length], data };
  }
  return undefined;
}
