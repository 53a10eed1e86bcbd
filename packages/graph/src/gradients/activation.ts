/** @file Gradients of activation functions. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/activation";
import { geluScale } from "../ops/activation";
import { unary } from "./elementwise";
import type { RuleOf } from "./rule";

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
