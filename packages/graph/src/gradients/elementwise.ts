/** @file Gradients of what works element by element. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/elementwise";
import { geluScale } from "../ops/elementwise";
import type { Gradient, GradientRule, RuleOf } from "./rule";
import { sumTo } from "./shared";

/** The rule of an op of one input whose output has its dtype and shape. */
export function unary(
  gradient: (b: Builder, x: Value, dy: Value, y: Value) => Gradient,
): GradientRule {
  return (b, { inputs: [x], outputs: [y] }, [dy]) => [gradient(b, x, dy, y)];
}

/** A step function: its slope is 0 wherever it has one. */
const flat = unary(() => undefined);

interface Operands {
  readonly a: Value;
  readonly b: Value;
  readonly y: Value;
  readonly dy: Value;
}

/** The rule of two inputs that broadcast; the gradients are summed back to their shapes. */
function binary(gradients: {
  readonly a: (b: Builder, v: Operands) => Value;
  readonly b: (b: Builder, v: Operands) => Value;
}): GradientRule {
  return (b, { inputs: [p, q], outputs: [y] }, [dy]) => {
    const values = { a: p, b: q, y, dy };
    return [() => sumTo(b, gradients.a(b, values), p), () => sumTo(b, gradients.b(b, values), q)];
  };
}

export const Add = binary({ a: (_, { dy }) => dy, b: (_, { dy }) => dy });
export const Sub = binary({ a: (_, { dy }) => dy, b: (b, { dy }) => b.neg(dy) });
export const Mul = binary({ a: (b, v) => b.mul(v.dy, v.b), b: (b, v) => b.mul(v.dy, v.a) });
export const Div = binary({
  a: (b, v) => b.div(v.dy, v.b),
  b: (b, v) => b.neg(b.div(b.mul(v.dy, v.y), v.b)),
});

export const Pow: GradientRule = (b, { inputs: [x, p], outputs: [y] }, [dy]) => [
  () => sumTo(b, b.mul(dy, powSlope(b, x, b.cast(p, x.dtype))), x),
  () => {
    // x^p log x is 0 at x = 0
    const log = b.log(b.where(b.equal(x, 0), b.constant(1, x.dtype), x));
    return b.cast(sumTo(b, b.mul(dy, b.mul(y, log)), p), p.dtype);
  },
];

/** p x^(p-1), without 0 * infinity at p = 0. */
function powSlope(b: Builder, x: Value, p: Value): Value {
  const known = b.known(p);
  if (known?.data.length === 1) {
    const exponent = Number(known.data[0]);
    if (exponent === 2) return b.mul(x, 2);
    if (exponent === 1) return b.fill(x, 1);
    if (exponent !== 0) return b.mul(b.pow(x, exponent - 1), exponent);
  }
  const less = b.pow(x, b.sub(p, 1));
  return b.where(b.equal(p, 0), b.constant(0, x.dtype), b.mul(p, less));
}

export const Neg = unary((b, _x, dy) => b.neg(dy));
export const Exp = unary((b, _x, dy, y) => b.mul(dy, y));
export const Log = unary((b, x, dy) => b.div(dy, x));
export const Sqrt = unary((b, _x, dy, y) => b.div(b.mul(dy, 0.5), y));
export const Abs = unary((b, x, dy) => b.mul(dy, b.sign(x)));
export const Reciprocal = unary((b, _x, dy, y) => b.neg(b.mul(dy, b.mul(y, y))));
export const Sin = unary((b, x, dy) => b.mul(dy, b.cos(x)));
export const Cos = unary((b, x, dy) => b.neg(b.mul(dy, b.sin(x))));
export const Sign = flat;
export const Floor = flat;
export const Ceil = flat;
export const Round = flat;

type Rows = typeof rows;

export const Tanh = unary((b, _x, dy, y) => b.mul(dy, b.sub(1, b.mul(y, y))));
export const Sigmoid = unary((b, _x, dy, y) => b.mul(dy, b.mul(y, b.sub(1, y))));
/** d erf(x) / dx = 2 / sqrt(π) exp(−x²) */
export const Erf = unary((b, x, dy) =>
  b.mul(dy, b.mul(b.exp(b.neg(b.mul(x, x))), 2 / Math.sqrt(Math.PI))),
);
export const Relu = unary((b, x, dy) => b.where(b.greater(x, 0), dy, b.constant(0, dy.dtype)));
export const Softplus = unary((b, x, dy) => b.mul(dy, b.sigmoid(x)));

export const LeakyRelu: RuleOf<Rows["LeakyRelu"]> = (
  b,
  { inputs: [x], attrs: { alpha } },
  [dy],
) => [b.where(b.less(x, 0), b.mul(dy, alpha), dy)];

export const Gelu: RuleOf<Rows["Gelu"]> = (b, { inputs: [x], attrs: { approximate } }, [dy]) => [
  b.mul(dy, approximate === "tanh" ? geluTanhSlope(b, x) : geluSlope(b, x)),
];

/** Φ(x) + x φ(x) */
function geluSlope(b: Builder, x: Value): Value {
  const cdf = b.mul(b.add(b.erf(b.mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = b.mul(b.exp(b.mul(b.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return b.add(cdf, b.mul(x, density));
}

/** (1 + t) / 2 + x (1 − t²) u' / 2 with t = tanh u, u = sqrt(2/π) (x + 0.044715 x³) */
function geluTanhSlope(b: Builder, x: Value): Value {
  const square = b.mul(x, x);
  const u = b.mul(b.mul(x, b.add(b.mul(square, 0.044715), 1)), geluScale);
  const tanh = b.tanh(u);
  const slope = b.mul(b.add(b.mul(square, 3 * 0.044715), 1), geluScale / 2);
  const bend = b.mul(b.mul(x, slope), b.sub(1, b.mul(tanh, tanh)));
  return b.add(b.mul(b.add(tanh, 1), 0.5), bend);
}

/** The gradient chooses too, so that a NaN on the other side stays there. */
export const Where: GradientRule = (b, { inputs: [condition, x, y] }, [dy]) => {
  const zero = b.constant(0, dy.dtype);
  return [
    undefined,
    () => sumTo(b, b.where(condition, dy, zero), x),
    () => sumTo(b, b.where(condition, zero, dy), y),
  ];
};

/** Ties share the gradient evenly. */
const extreme: GradientRule = (b, { inputs, outputs: [y] }, [dy]) => {
  const hits = inputs.map((x) => b.equal(x, y));
  const ties = hits.map((hit) => b.cast(hit, y.dtype)).reduce((p, q) => b.add(p, q));
  const share = b.div(dy, ties);
  return inputs.map((x, i) => () => sumTo(b, b.where(hits[i]!, share, b.constant(0, y.dtype)), x));
};

export const Max = extreme;
export const Min = extreme;

export const Sum: GradientRule = (b, { inputs }, [dy]) => inputs.map((x) => () => sumTo(b, dy, x));

export const Clip: GradientRule = (b, { inputs: [x, low, high] }, [dy]) => {
  const zero = b.constant(0, x.dtype);
  const outside = (hit: Value) => b.sum(b.where(hit, dy, zero));
  return [
    () => {
      let g = dy;
      if (low !== undefined) g = b.where(b.less(x, low), zero, g);
      if (high !== undefined) g = b.where(b.greater(x, high), zero, g);
      return g;
    },
    () => low && outside(b.less(x, low)),
    () => high && outside(b.greater(x, high)),
  ];
};
