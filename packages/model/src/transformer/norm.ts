/** @file LayerNorm and RMSNorm with TransformerLens's two hooks: the divisor, and the value before gain and bias. */

import type { Value } from "@diopter/graph";
import { full } from "@diopter/tensor";
import type { QueryKeyNorm } from "../config/config";
import type { Context, Quiet } from "./context";
import { joinHeads, splitHeads } from "./linear";

/** Normalises the last axis of `x` under the hooks `{name}.hook_scale` and `{name}.hook_normalized`. */
export function norm(t: Context, name: string, x: Value): Value {
  if (t.c.normalizationType === "none") return x;
  const { b, h } = t;
  let [normalized, scale] = divide(t, kindOf(t), x, h.wants(`${name}.hook_scale`));
  if (scale) {
    const hooked = h.at(`${name}.hook_scale`, scale); // [batch, pos, 1]
    // As a ratio, so that a scale which nobody changed multiplies by exactly 1.
    if (h.intervenes(`${name}.hook_scale`)) normalized = b.mul(normalized, b.div(scale, hooked));
  }
  return affine(t, name, h.at(`${name}.hook_normalized`, normalized));
}

/** The same function without hooks: for inputs that are split by head, and for lenses. */
export function normQuietly(t: Quiet, name: string, x: Value): Value {
  if (t.c.normalizationType === "none") return x;
  return affine(t, name, divide(t, kindOf(t), x, false)[0]);
}

/** The same in one node where there is one for it: fewer passes over inputs of a head each; equal but for rounding. */
export function normAtOnce(t: Quiet, name: string, x: Value): Value {
  const { b, c, w } = t;
  if (c.normalizationType !== "LN") return normQuietly(t, name, x);
  const gain = w.get(`${name}.w`);
  const bias = w.optional(`${name}.b`);
  const inputs = [x, c.gainPlusOne ? b.add(gain, 1) : gain, ...(bias ? [bias] : [])];
  return b.node("LayerNormalization", inputs, { axis: -1, epsilon: c.eps }, { outputs: 1 })[0]!;
}

/** The norm of queries or keys, [batch, pos, head, dHead]. */
export function queryKeyNorm(
  t: Quiet,
  { type, over }: QueryKeyNorm,
  name: string,
  x: Value,
): Value {
  const { b } = t;
  const normed = (y: Value) => withGain(t, name, divide(t, type, y, false)[0]);
  return over === "head" ? normed(x) : splitHeads(b, normed(joinHeads(b, x)), x.shape[2] as number);
}

function kindOf({ c }: Quiet): "LN" | "RMS" {
  return c.normalizationType.startsWith("RMS") ? "RMS" : "LN";
}

function divide(
  { b, c, float }: Quiet,
  type: "LN" | "RMS",
  x: Value,
  withScale: boolean,
): [normalized: Value, scale: Value | undefined] {
  if (type === "RMS") {
    const scale = b.sqrt(b.add(b.mean(b.mul(x, x), [-1], true), c.eps));
    return [b.div(x, scale), scale];
  }
  const width = x.shape.at(-1) as number;
  const ones = b.constant(full([width], 1, float));
  const [normalized, , inverse] = b.node(
    "LayerNormalization",
    [x, ones],
    { axis: -1, epsilon: c.eps },
    {
      outputs: withScale ? 3 : 1,
    },
  );
  return [normalized!, inverse && b.reciprocal(inverse)];
}

function affine(t: Quiet, name: string, x: Value): Value {
  return t.c.normalizationType.endsWith("Pre") ? x : withGain(t, name, x);
}

function withGain({ b, c, w }: Quiet, name: string, x: Value): Value {
  const gain = w.get(`${name}.w`);
  const bias = w.optional(`${name}.b`);
  const scaled = b.mul(x, c.gainPlusOne ? b.add(gain, 1) : gain);
  return bias ? b.add(scaled, bias) : scaled;
}
