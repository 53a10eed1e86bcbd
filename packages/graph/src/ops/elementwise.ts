/** @file Arithmetic, element by element, broadcasting as numpy does. */

import * as t from "@diopter/tensor";
import { addDims, divDims, mulDims } from "../graph/dim";
import type { Dim } from "../graph/types";
import { type Inferred, int, type Op, type Operand, op } from "./row";
import { broadcast, dataAt, sameDtype } from "./rules";

/** A row of one input whose output has its dtype and shape. */
export function unary(evaluate: (x: t.Tensor) => t.Tensor): Op {
  return op({
    infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
    evaluate: ([x]) => [evaluate(x)],
  });
}

/** Applies a function of numbers, keeping the dtype. */
export const mapped = (f: (x: number) => number) => (x: t.Tensor) => t.map(x, f);

function inferBinary(
  name: string,
  a: Operand,
  b: Operand,
  data?: (a: Dim, b: Dim) => Dim,
): Inferred {
  const dtype = sameDtype(name, a, b);
  const shape = broadcast(name, a, b);
  if (data === undefined || a.data === undefined || b.data === undefined) return { dtype, shape };
  const length = Math.max(a.data.length, b.data.length);
  return {
    dtype,
    shape,
    data: Array.from({ length }, (_, i) => data(dataAt(a.data!, i), dataAt(b.data!, i))),
  };
}

/** A row of two inputs that broadcast. */
function binary(
  evaluate: (a: t.Tensor, b: t.Tensor) => t.Tensor,
  data: (a: Dim, b: Dim) => Dim,
): Op {
  return op({
    arity: [2, 2],
    infer: ([a, b], _, context) => [inferBinary(context.op, a, b, data)],
    evaluate: ([a, b]) => [evaluate(a, b)],
  });
}

export const Add = binary(t.add, (a, b) => addDims(a, b));
export const Sub = binary(t.sub, (a, b) => addDims(a, b, -1));
export const Mul = binary(t.mul, mulDims);
export const Div = binary(divide, quotient);

/** Integer contents divided, where that is exact or both are numbers. */
function quotient(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? null : Math.trunc(a / b);
  return divDims(a, b);
}

/** Integers divide towards zero. */
function divide(a: t.Tensor, b: t.Tensor): t.Tensor {
  return a.dtype.startsWith("float") ? t.div(a, b) : t.zip(a, b, (p, q) => Math.trunc(p / q));
}

/** x^p, the exponent's dtype free. Source: ONNX Pow-15. */
export const Pow = op({
  arity: [2, 2],
  infer: ([x, p], _, context) => [{ dtype: x.dtype, shape: broadcast(context.op, x, p) }],
  evaluate: ([x, p]) => [t.zip(x, p, (a, b) => a ** b, x.dtype)],
});

export const Mod = op({
  arity: [2, 2],
  attrs: { fmod: int(0) },
  infer: ([a, b], _, context) => [inferBinary(context.op, a, b)],
  evaluate: ([a, b], { fmod }) => [
    t.zip(a, b, fmod ? (p, q) => p % q : (p, q) => p - q * Math.floor(p / q)),
  ],
});

export const Neg = unary(t.neg);
export const Exp = unary(t.exp);
export const Log = unary(t.log);
export const Sqrt = unary(t.sqrt);
export const Abs = unary(t.abs);
export const Reciprocal = unary(mapped((x) => 1 / x));
export const Sin = unary(mapped(Math.sin));
export const Cos = unary(mapped(Math.cos));
export const Sign = unary(mapped(Math.sign));
export const Floor = unary(mapped(Math.floor));
export const Ceil = unary(mapped(Math.ceil));
/** Halves go to the even neighbour. Source: ONNX Round-11. */
export const Round = unary(
  mapped((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))),
);
