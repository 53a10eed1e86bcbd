/** @file Activation functions. */

import * as t from "@diopter/tensor";
import { mapped, unary } from "./elementwise";
import { float, op, string } from "./row";

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
