/** @file Element by element: arithmetic, activations, comparisons, logic, choice, limits. */

import * as t from "@diopter/tensor";
import { addDims, divDims, mulDims, sameDim } from "../graph/dim";
import type { Dim } from "../graph/types";
import { float, type Inferred, int, type Op, type Operand, op, string } from "./row";
import { broadcast, dataAt, expectDtype, sameDtype } from "./rules";

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

export const Tanh = unary(t.tanh);
export const Sigmoid = unary(t.sigmoid);
export const Erf = unary(t.erf);
export const Relu = unary(t.relu);
export const Softplus = unary(mapped((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))));

export const LeakyRelu = op({
  attrs: { alpha: float(0.01) },
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  evaluate: ([x], { alpha }) => [t.map(x, (v) => (v < 0 ? alpha * v : v))],
});

/** x Φ(x), or its tanh approximation. Source: ONNX Gelu-20; Hendrycks and Gimpel 2016. */
export const Gelu = op({
  since: 20,
  attrs: { approximate: string("none") },
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  evaluate: ([x], { approximate }) => [
    approximate === "tanh"
      ? t.map(x, (v) => 0.5 * v * (1 + Math.tanh(geluScale * (v + 0.044715 * v ** 3))))
      : t.mul(x, normalCdf(x)),
  ],
});

export const geluScale = Math.sqrt(2 / Math.PI);

function normalCdf(x: t.Tensor): t.Tensor {
  return t.map(t.erf(t.map(x, (v) => v * Math.SQRT1_2)), (v) => 0.5 * (1 + v));
}

function comparison(f: (a: number, b: number) => boolean): Op {
  return op({
    arity: [2, 2],
    infer: ([a, b], _, context) => {
      sameDtype(context.op, a, b);
      return [{ dtype: "bool", shape: broadcast(context.op, a, b) }];
    },
    evaluate: ([a, b]) => [t.zip(a, b, (p, q) => Number(f(p, q)), "bool")],
  });
}

/** Exporters choose dimensions by Equal and Where, so these two also know the contents of shapes. */
export const Equal: Op = {
  ...comparison((a, b) => a === b),
  infer: ([a, b], _, context) => {
    sameDtype(context.op, a, b);
    return [{ dtype: "bool", shape: broadcast(context.op, a, b), data: equalData(a, b) }];
  },
};

function equalData({ data: a }: Operand, { data: b }: Operand): Dim[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    equalDims(dataAt(a, i), dataAt(b, i)),
  );
}

/** 1, 0, or null for "not known". */
function equalDims(a: Dim, b: Dim): Dim {
  if (a === null || b === null) return null;
  if (sameDim(a, b)) return 1;
  if (typeof a === "number" && typeof b === "number") return 0;
  // A dimension is never negative.
  return (typeof a === "number" && a < 0) || (typeof b === "number" && b < 0) ? 0 : null;
}

function chosenData(condition: Operand, x: Operand, y: Operand): Dim[] | undefined {
  const [c, p, q] = [condition.data, x.data, y.data];
  if (c === undefined || p === undefined || q === undefined) return undefined;
  return Array.from({ length: Math.max(c.length, p.length, q.length) }, (_, i) => {
    const chosen = dataAt(c, i);
    return chosen === null ? null : dataAt(chosen === 0 ? q : p, i);
  });
}

export const Less = comparison((a, b) => a < b);
export const LessOrEqual = comparison((a, b) => a <= b);
export const Greater = comparison((a, b) => a > b);
export const GreaterOrEqual = comparison((a, b) => a >= b);

function logical(f: (a: number, b: number) => boolean): Op {
  return op({
    arity: [2, 2],
    infer: ([a, b], _, context) => {
      expectDtype(context.op, a, "bool");
      expectDtype(context.op, b, "bool");
      return [{ dtype: "bool", shape: broadcast(context.op, a, b) }];
    },
    evaluate: ([a, b]) => [t.zip(a, b, (p, q) => Number(f(p, q)), "bool")],
  });
}

export const And = logical((a, b) => a !== 0 && b !== 0);
export const Or = logical((a, b) => a !== 0 || b !== 0);
export const Xor = logical((a, b) => (a !== 0) !== (b !== 0));

export const Not = op({
  infer: ([x], _, context) => {
    expectDtype(context.op, x, "bool");
    return [{ dtype: "bool", shape: x.shape }];
  },
  evaluate: ([x]) => [t.map(x, (v) => Number(v === 0))],
});

export const IsNaN = op({
  infer: ([x]) => [{ dtype: "bool", shape: x.shape }],
  evaluate: ([x]) => [t.map(x, (v) => Number(Number.isNaN(v)), "bool")],
});

export const IsInf = op({
  attrs: { detect_negative: int(1), detect_positive: int(1) },
  infer: ([x]) => [{ dtype: "bool", shape: x.shape }],
  evaluate: ([x], { detect_negative, detect_positive }) => {
    const f = (v: number) =>
      (v === Number.POSITIVE_INFINITY && detect_positive !== 0) ||
      (v === Number.NEGATIVE_INFINITY && detect_negative !== 0);
    return [t.map(x, (v) => Number(f(v)), "bool")];
  },
});

/** x where the condition holds, else y. */
export const Where = op({
  arity: [3, 3],
  infer: ([condition, x, y], _, context) => {
    expectDtype(context.op, condition, "bool");
    const shape = broadcast(context.op, condition, x, y);
    return [{ dtype: sameDtype(context.op, x, y), shape, data: chosenData(condition, x, y) }];
  },
  evaluate: ([condition, x, y]) => [t.where(condition, x, y)],
});

/** The largest (or smallest) of several inputs. */
function extreme(choose: (a: number, b: number) => number): Op {
  const pick = (a: number, b: number) =>
    Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : choose(a, b);
  return op({
    arity: [1, Number.POSITIVE_INFINITY],
    infer: (xs, _, context) => [
      { dtype: sameDtype(context.op, ...xs), shape: broadcast(context.op, ...xs) },
    ],
    evaluate: (xs) => [(xs as readonly t.Tensor[]).reduce((a, b) => t.zip(a, b, pick))],
  });
}

export const Max = extreme(Math.max);
export const Min = extreme(Math.min);

export const Sum = op({
  arity: [1, Number.POSITIVE_INFINITY],
  infer: (xs, _, context) => [
    { dtype: sameDtype(context.op, ...xs), shape: broadcast(context.op, ...xs) },
  ],
  evaluate: (xs) => [(xs as readonly t.Tensor[]).reduce((a, b) => t.add(a, b))],
});

/** max(low, min(x, high)); either bound may be absent. */
export const Clip = op({
  since: 11,
  arity: [1, 3],
  infer: ([x, low, high], _, context) => {
    sameDtype(context.op, x, low, high);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  evaluate: ([x, low, high]) => {
    const from = low === undefined ? Number.NEGATIVE_INFINITY : low.item();
    const to = high === undefined ? Number.POSITIVE_INFINITY : high.item();
    return [t.map(x, (v) => Math.min(Math.max(v, from), to))];
  },
});
