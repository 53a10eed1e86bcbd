/** @file Gradients of products: products again. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/products";
import { type Equation, parseEquation } from "../ops/products";
import type { GradientRule, RuleOf } from "./rule";
import { sumTo } from "./shared";

type Rows = typeof rows;

export const MatMul: GradientRule = (b, { inputs: [x, w] }, [dy]) => {
  const left = x.shape.length === 1 ? b.unsqueeze(x, [0]) : x;
  const right = w.shape.length === 1 ? b.unsqueeze(w, [1]) : w;
  let g = dy;
  if (w.shape.length === 1) g = b.unsqueeze(g, [-1]);
  if (x.shape.length === 1) g = b.unsqueeze(g, [-2]);
  return [
    () => {
      const dx = sumTo(b, b.matmul(g, transposed(b, right)), left, 2);
      return x.shape.length === 1 ? b.squeeze(dx, [0]) : dx;
    },
    () => {
      const dw = weightGradient(b, left, right, g);
      return w.shape.length === 1 ? b.squeeze(dw, [1]) : dw;
    },
  ];
};

/** xᵀ g, as one product over all rows where w is one matrix shared by the whole batch. */
function weightGradient(b: Builder, x: Value, w: Value, g: Value): Value {
  if (w.shape.length === 2 && g.shape.length === x.shape.length) {
    const rows = (v: Value) => (v.shape.length === 2 ? v : b.flatten(v, -1));
    return b.gemm(rows(x), rows(g), undefined, { transA: true });
  }
  return sumTo(b, b.matmul(transposed(b, x), g), w, 2);
}

function transposed(b: Builder, x: Value): Value {
  const rank = x.shape.length;
  const perm = Array.from({ length: rank }, (_, i) => i);
  return b.transpose(x, [...perm.slice(0, -2), rank - 1, rank - 2]);
}

export const Gemm: RuleOf<Rows["Gemm"]> = (b, { inputs: [a, w, c], attrs }, [dy]) => {
  const { alpha, beta } = attrs;
  const transA = attrs.transA !== 0;
  const transB = attrs.transB !== 0;
  return [
    () =>
      transA
        ? b.gemm(w, dy, undefined, { alpha, transA: transB, transB: true })
        : b.gemm(dy, w, undefined, { alpha, transB: !transB }),
    () =>
      transB
        ? b.gemm(dy, a, undefined, { alpha, transA: true, transB: transA })
        : b.gemm(a, dy, undefined, { alpha, transA: !transA }),
    () => sumTo(b, beta === 1 ? dy : b.mul(dy, beta), c),
  ];
};

export const Einsum: RuleOf<Rows["Einsum"]> = (b, { inputs, attrs: { equation } }, [dy]) => {
  const parsed = parseEquation(equation, inputs.length);
  return inputs.map((_, i) => () => operandGradient(b, parsed, inputs, i, dy));
};

/** The gradient of operand i is the einsum of dy with the other operands, repeated along letters of its own. */
function operandGradient(
  b: Builder,
  { inputs, output }: Equation,
  xs: readonly Value[],
  i: number,
  dy: Value,
): Value {
  const mine = [...inputs[i]!];
  if (new Set(mine).size !== mine.length) {
    throw new RangeError(
      `differentiate: Einsum with a letter twice in one operand ("${inputs[i]}") has no rule`,
    );
  }
  const others = inputs.filter((_, at) => at !== i);
  const reach = output + others.join("");
  const shared = mine.filter((letter) => reach.includes(letter)).join("");
  const equation = `${[output, ...others].join(",")}->${shared}`;
  const g = b.einsum(equation, dy, ...xs.filter((_, at) => at !== i));
  const alone = mine.flatMap((letter, axis) => (shared.includes(letter) ? [] : [axis]));
  return alone.length === 0 ? g : b.expand(b.unsqueeze(g, alone), xs[i]!);
}
