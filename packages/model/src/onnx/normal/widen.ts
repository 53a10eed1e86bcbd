/** @file Makes every float16 and bfloat16 of a graph float32. Seen in optimum-fp16 and optimum-past-q4f16. */

import type { Attribute, ElementType, Initializer, Rewriter } from "@diopter/graph";
import { bfloat16ToFloat32, float16ToFloat32 } from "@diopter/tensor";

const FLOAT = 1;
const SHORT: ReadonlySet<number> = new Set([10, 16]);

export function widenToFloat32(rewriter: Rewriter): void {
  for (const [name, tensor] of rewriter.initializers) {
    const wide = widened(tensor);
    if (wide !== tensor) rewriter.initializers.set(name, wide);
  }
  for (const node of rewriter.nodes()) {
    const attrs = Object.entries(node.attrs).map(([key, attribute]) => [
      key,
      widenedAttribute(key, attribute),
    ]);
    rewriter.update(node, { attrs: Object.fromEntries(attrs) });
  }
  const wide = <T extends { readonly dtype: ElementType }>(info: T): T =>
    isShort(info.dtype) ? { ...info, dtype: "float32" } : info;
  rewriter.inputs = rewriter.inputs.map(wide);
  rewriter.outputs = rewriter.outputs.map(wide);
}

function isShort(dtype: ElementType): boolean {
  return dtype === "float16" || dtype === "bfloat16";
}

/** A tensor of a short float type as float32; bytes in another file stay. */
function widened(tensor: Initializer): Initializer {
  if ("data" in tensor && tensor.dtype === "float16") {
    return {
      dtype: "float32",
      shape: tensor.shape,
      data: float16ToFloat32(tensor.data as Uint16Array),
    };
  }
  if ("raw" in tensor && tensor.dtype === "bfloat16" && tensor.raw instanceof Uint8Array) {
    const bits = new Uint16Array(tensor.raw.slice().buffer);
    return { dtype: "float32", shape: tensor.shape, data: bfloat16ToFloat32(bits) };
  }
  return tensor;
}

function widenedAttribute(key: string, attribute: Attribute): Attribute {
  if (attribute.type === "tensor") return { type: "tensor", value: widened(attribute.value) };
  const type = (key === "to" || key === "dtype") && attribute.type === "int";
  return type && SHORT.has(Number(attribute.value)) ? { type: "int", value: FLOAT } : attribute;
}
