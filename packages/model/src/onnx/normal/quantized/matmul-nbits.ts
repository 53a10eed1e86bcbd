/**
 * @file Makes a MatMul with a float32 matrix of MatMulNBits.
 *
 * Seen in `*-int4` and `*-q4f16`: 4 bits, blocks of 32 along the input, scales [out * blocks], zero points packed like
 * the codes or absent (then the middle of the range). 2 and 8 bits by the documentation of com.microsoft.
 */

import type { Node, Rewriter } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { intOf, nodeOf } from "../attribute";
import { packed } from "./codes";

export function matMulNBits(rewriter: Rewriter): void {
  const known = new Map<string, string>();
  for (const node of rewriter.nodes()) {
    if (node.op !== "MatMulNBits") continue;
    const key = node.inputs.slice(1, 5).join(" ");
    let weight = known.get(key);
    if (weight === undefined) {
      const matrix = matrixOf(rewriter, node);
      if (matrix === undefined) continue;
      weight = rewriter.addInitializer(`${node.inputs[1]}/float`, matrix);
      known.set(key, weight);
    }
    const [x, , , , , bias] = node.inputs as [string, string, string, string?, string?, string?];
    const y = node.outputs[0]!;
    if (!bias) rewriter.replace(node, [nodeOf("MatMul", [x, weight], [y])]);
    else {
      const product = rewriter.fresh(`${y}/product`);
      const sum = nodeOf("Add", [product, bias], [y]);
      rewriter.replace(node, [nodeOf("MatMul", [x, weight], [product]), sum]);
    }
  }
}

/** The matrix [in, out]; undefined for forms that are not read. */
function matrixOf(rewriter: Rewriter, node: Node): TensorLike | undefined {
  const [K, N] = [intOf(node, "K", 0), intOf(node, "N", 0)];
  const [bits, block] = [intOf(node, "bits", 4), intOf(node, "block_size", 32)];
  const bytes = rewriter.tensor(node.inputs[1]!);
  const scales = rewriter.tensor(node.inputs[2]!);
  if (bytes?.dtype !== "uint8" || scales === undefined || node.inputs[4]) return undefined;
  if (![2, 4, 8].includes(bits) || block < 1 || K < 1 || N < 1) return undefined;
  const blocks = Math.ceil(K / block);
  const code = packed(bytes.data as Uint8Array, bits, false);
  const zero = zeroPoints(rewriter, node.inputs[3], bits, blocks);
  const enough = bytes.data.length * (8 / bits) >= N * blocks * block;
  if (zero === undefined || !enough || scales.data.length < N * blocks) return undefined;
  const factors = scales.data as Float32Array;
  const data = new Float32Array(K * N);
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < blocks; b++) {
      const scale = factors[n * blocks + b]!;
      const middle = zero(n, b);
      const start = (n * blocks + b) * block;
      const end = Math.min(block, K - b * block);
      for (let i = 0; i < end; i++)
        data[(b * block + i) * N + n] = (code(start + i) - middle) * scale;
    }
  }
  return { dtype: "float32", shape: [K, N], data };
}

/** The zero point of a block; rows of packed ones begin at a byte. */
function zeroPoints(
  rewriter: Rewriter,
  name: string | undefined,
  bits: number,
  blocks: number,
): ((row: number, block: number) => number) | undefined {
  if (!name) return () => 2 ** (bits - 1);
  const tensor = rewriter.tensor(name);
  if (tensor === undefined) return undefined;
  if (tensor.dtype !== "uint8") {
    const numbers = tensor.data as Float32Array;
    return (row, block) => numbers[row * blocks + block]!;
  }
  const code = packed(tensor.data as Uint8Array, bits, false);
  const perRow = Math.ceil((blocks * bits) / 8) * (8 / bits);
  return (row, block) => code(row * perRow + block);
}
