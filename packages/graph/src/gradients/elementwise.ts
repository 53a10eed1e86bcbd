/** @file Gradients of arithmetic, element by element. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type { Gradient, GradientRule } from "./rule";
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
