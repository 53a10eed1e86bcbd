/**
 * @file Makes float32 initializers of quantized ones: (code - zero point) scale.
 *
 * Seen in `*-int8` (embeddings, tied output: per tensor, behind Gather and Transpose too) and `*-int4-qdq` (blocks of 32 along
 * an axis, operator set 21).
 */

import type { Node, Rewriter } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { intOf, nodeOf } from "../attribute";
import { type Codes, codesOf } from "./codes";

export function dequantizeLinear(rewriter: Rewriter): void {
  const known = new Map<string, string>();
  for (const node of rewriter.nodes()) {
    if (node.op !== "DequantizeLinear" || !rewriter.has(node)) continue;
    const [x] = node.inputs as [string];
    const maker = rewriter.maker(x);
    const moves = maker !== undefined && /^(Gather|Transpose)$/.test(maker.op);
    const behind = moves && perTensor(rewriter, node) ? maker : undefined;
    const weight = weightOf(rewriter, known, node, behind?.inputs[0] ?? x);
    if (weight === undefined) continue;
    if (behind === undefined) {
      rewriter.redirect(node.outputs[0]!, weight);
      rewriter.replace(node, [nodeOf("Identity", [weight], node.outputs)]);
    } else {
      const inputs = [weight, ...behind.inputs.slice(1)];
      rewriter.replace(node, [nodeOf(behind.op, inputs, node.outputs, { ...behind.attrs })]);
    }
  }
}

function perTensor(rewriter: Rewriter, node: Node): boolean {
  return rewriter.tensor(node.inputs[1]!)?.data.length === 1;
}

/** The float initializer for a quantized one, made once for all nodes that read it alike. */
function weightOf(
  rewriter: Rewriter,
  known: Map<string, string>,
  node: Node,
  quantized: string,
): string | undefined {
  const [, scale, zero = ""] = node.inputs as [string, string, string?];
  const axis = intOf(node, "axis", 1);
  const block = intOf(node, "block_size", 0);
  const key = [quantized, scale, zero, axis, block].join(" ");
  const found = known.get(key);
  if (found !== undefined) return found;
  const tensor = dequantized(rewriter, quantized, scale, zero, axis, block);
  if (tensor === undefined) return undefined;
  const name = rewriter.addInitializer(`${quantized}/float`, tensor);
  known.set(key, name);
  return name;
}

/** The numbers behind a quantized initializer; undefined where one of its parts is no constant. */
export function dequantized(
  rewriter: Rewriter,
  quantized: string,
  scale: string,
  zero: string,
  axis: number,
  block: number,
): TensorLike | undefined {
  const codes = rewriter.isConstant(quantized)
    ? codesOf(rewriter.initializers.get(quantized))
    : undefined;
  const scales = rewriter.tensor(scale);
  const zeros = zero === "" ? undefined : codesOf(rewriter.initializers.get(zero));
  if (codes === undefined || scales === undefined || (zero !== "" && zeros === undefined)) {
    return undefined;
  }
  const { shape, size } = codes;
  const at = axis < 0 ? axis + shape.length : axis;
  const count = scalesOf(shape, at, block);
  if (scales.data.length !== 1 && scales.data.length !== count) return undefined;
  if (zeros !== undefined && zeros.size !== 1 && zeros.size !== scales.data.length) {
    return undefined;
  }
  const steps = scales.data.length === 1 ? () => 0 : scaleIndex(shape, at, block);
  const factors = Float32Array.from(scales.data as ArrayLike<number>);
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const j = steps(i);
    data[i] = (codes.at(i) - (zeros?.at(zeros.size === 1 ? 0 : j) ?? 0)) * factors[j]!;
  }
  return { dtype: "float32", shape, data };
}

/** How many scales a tensor has. */
function scalesOf(shape: readonly number[], axis: number, block: number): number {
  const length = shape[axis];
  if (length === undefined || block < 0) return 1;
  if (block === 0) return length;
  return shape.reduce((n, dim, i) => n * (i === axis ? Math.ceil(dim / block) : dim), 1);
}

/** Which scale belongs to an element: one per index of the axis, or per block of indices. */
function scaleIndex(shape: Codes["shape"], axis: number, block: number): (i: number) => number {
  const inner = shape.slice(axis + 1).reduce((n, dim) => n * dim, 1);
  const length = shape[axis]!;
  if (block === 0) return (i) => Math.floor(i / inner) % length;
  const blocks = Math.ceil(length / block);
  return (i) => {
    const along = Math.floor(i / inner) % length;
    const outer = Math.floor(i / (inner * length));
    return (outer * blocks + Math.floor(along / block)) * inner + (i % inner);
  };
}
