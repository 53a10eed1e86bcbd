/** @file The largest, the smallest, the sum of several inputs, and limits. */

import * as t from "@diopter/tensor";
import { type Op, op } from "./row";
import { broadcast, sameDtype } from "./rules";

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
