/** @file Matrix products and Einstein summation. */

import * as t from "@diopter/tensor";
import { compatible } from "../graph/dim";
import type { Dim } from "../graph/types";
import { float, int, type Operand, op, string } from "./row";
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

export interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Reads an equation; without `->` the letters that occur once are kept, in alphabetical order. */
export function parseEquation(equation: string, operands: number): Equation {
  const text = equation.replace(/\s+/g, "");
  if (!/^[A-Za-z,]*(->[A-Za-z]*)?$/.test(text)) {
    throw new RangeError(`Einsum: equation "${equation}" is not letters, commas and "->"`);
  }
  const [left, right] = text.split("->") as [string, string | undefined];
  const inputs = left.split(",");
  if (inputs.length !== operands) {
    throw new RangeError(
      `Einsum: equation "${equation}" has ${inputs.length} operands, got ${operands}`,
    );
  }
  const letters = [...left.replaceAll(",", "")].sort();
  const once = letters.filter((letter) => letters.filter((other) => other === letter).length === 1);
  const output = right ?? once.join("");
  for (const letter of output) {
    if (!letters.includes(letter)) {
      throw new RangeError(`Einsum: "${letter}" of the output is in no operand of "${equation}"`);
    }
  }
  return { inputs, output };
}

/** The dimension of every letter. */
export function letterDims({ inputs }: Equation, xs: readonly Operand[]): Map<string, Dim> {
  const dims = new Map<string, Dim>();
  inputs.forEach((letters, i) => {
    const x = xs[i]!;
    if (letters.length !== x.shape.length) {
      throw new RangeError(`Einsum: "${letters}" does not name the axes of ${show(x)}`);
    }
    [...letters].forEach((letter, axis) => {
      const known = dims.get(letter);
      if (known !== undefined && !compatible(known, x.shape[axis]!)) {
        throw new RangeError(
          `Einsum: "${letter}" is ${known} and also ${x.shape[axis]} in ${show(x)}`,
        );
      }
      dims.set(letter, known ?? x.shape[axis]!);
    });
  });
  return dims;
}

export const Einsum = op({
  since: 12,
  arity: [1, Number.POSITIVE_INFINITY],
  attrs: { equation: string("") },
  infer: (xs, { equation }, context) => {
    const parsed = parseEquation(equation, xs.length);
    const dims = letterDims(parsed, xs);
    const shape = [...parsed.output].map((letter) => dims.get(letter)!);
    return [{ dtype: sameDtype(context.op, ...xs), shape }];
  },
  evaluate: (xs, { equation }) => [evaluateEinsum(parseEquation(equation, xs.length), [...xs])],
});

function evaluateEinsum({ inputs, output }: Equation, xs: readonly t.Tensor[]): t.Tensor {
  const letters = [...new Set([...output, ...inputs.join("")])];
  const sizes = letters.map((letter) => {
    const i = inputs.findIndex((names) => names.includes(letter));
    return xs[i]!.shape[inputs[i]!.indexOf(letter)]!;
  });
  const values = xs.map((x) => t.cast(x, "float64").data);
  const steps = xs.map((x, i) => {
    const strides = t.stridesOf(x.shape);
    return letters.map((letter) =>
      [...inputs[i]!].reduce((sum, name, axis) => sum + (name === letter ? strides[axis]! : 0), 0),
    );
  });
  const shape = sizes.slice(0, output.length);
  const result = new Float64Array(shape.reduce((n, size) => n * size, 1));
  const total = sizes.reduce((n, size) => n * size, 1);
  const inner = total / result.length;
  for (let flat = 0; flat < total; flat++) {
    const offsets = xs.map(() => 0);
    for (let axis = letters.length - 1, rest = flat; axis >= 0; axis--) {
      const at = rest % sizes[axis]!;
      rest = (rest - at) / sizes[axis]!;
      for (let i = 0; i < offsets.length; i++) offsets[i]! += at * steps[i]![axis]!;
    }
    let product = 1;
    for (let i = 0; i < values.length; i++) product *= values[i]![offsets[i]!]!;
    result[Math.floor(flat / inner)]! += product;
  }
  return t.cast(t.fromData(result, shape), xs[0]!.dtype);
}
