/** @file Matrix products. */

import * as t from "@diopter/tensor";
import { compatible } from "../graph/dim";
import type { Dim } from "../graph/types";
import { float, int, type Operand, op } from "./row";
import { broadcastDims, sameDtype, show } from "./rules";

function inferMatMul(name: string, a: Operand, b: Operand): Dim[] {
  const left = a.shape.length === 1 ? [1, a.shape[0]!] : a.shape;
  const right = b.shape.length === 1 ? [b.shape[0]!, 1] : b.shape;
  if (left.length === 0 || right.length === 0) {
    throw new RangeError(`${name}: a scalar has no product: ${show(a)} x ${show(b)}`);
  }
  if (!compatible(left.at(-1)!, right.at(-2)!)) {
    throw new RangeError(`${name}: inner dimensions differ: ${show(a)} x ${show(b)}`);
  }
  const batch = broadcastDims(
    [left.slice(0, -2), right.slice(0, -2)],
    () => new RangeError(`${name}: batch dimensions do not broadcast: ${show(a)} x ${show(b)}`),
  );
  const rows = a.shape.length === 1 ? [] : [left.at(-2)!];
  const columns = b.shape.length === 1 ? [] : [right.at(-1)!];
  return [...batch, ...rows, ...columns];
}

/** Source: ONNX MatMul-13, numpy's rules for vectors and leading dimensions. */
export const MatMul = op({
  arity: [2, 2],
  infer: ([a, b], _, context) => [
    { dtype: sameDtype(context.op, a, b), shape: inferMatMul(context.op, a, b) },
  ],
  evaluate: ([a, b]) => [t.matmul(a, b)],
});

/** alpha A' B' + beta C. Source: ONNX Gemm-13. */
export const Gemm = op({
  arity: [2, 3],
  attrs: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  infer: ([a, b, c], { transA, transB }, context) => {
    const dtype = sameDtype(context.op, a, b, c);
    if (a.shape.length !== 2 || b.shape.length !== 2) {
      throw new RangeError(`${context.op}: expected matrices, got ${show(a)} x ${show(b)}`);
    }
    const [rows, inner] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
    const [other, columns] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
    if (!compatible(inner, other)) {
      const how = `${transA ? " transposed" : ""} x ${show(b)}${transB ? " transposed" : ""}`;
      throw new RangeError(`${context.op}: inner dimensions differ: ${show(a)}${how}`);
    }
    const shape = [rows, columns];
    if (c !== undefined) {
      const error = () =>
        new RangeError(`${context.op}: ${show(c)} does not broadcast to [${shape.join(", ")}]`);
      if (c.shape.length > 2) throw error();
      broadcastDims([shape, c.shape], error).forEach((dim, i) => {
        if (dim !== shape[i] && shape[i] === 1) throw error();
      });
    }
    return [{ dtype, shape }];
  },
  evaluate: ([a, b, c], { alpha, beta, transA, transB }) => {
    const product = t.matmul(transA ? t.transpose(a) : a, transB ? t.transpose(b) : b);
    const scaled = alpha === 1 ? product : t.map(product, (v) => alpha * v);
    if (c === undefined) return [scaled];
    return [t.add(scaled, beta === 1 ? c : t.map(c, (v) => beta * v))];
  },
});
