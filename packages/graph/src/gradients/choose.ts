/** @file Gradients of ops that pick elements: by a condition, by size, within limits, beside a diagonal. */

import type { Value } from "../graph/types";
import type * as masks from "../ops/mask";
import type { GradientRule, RuleOf } from "./rule";
import { sumTo } from "./shared";

type Masks = typeof masks;

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

export const Trilu: RuleOf<Masks["Trilu"]> = (b, { inputs: [, k], attrs: { upper } }, [dy]) => [
  b.node("Trilu", [dy, k], { upper })[0],
];
