/** @file Reductions over axes. From opset 18 (ReduceSum: 13) the axes are an input, before an attribute. */

import * as t from "@diopter/tensor";
import {
  type Attrs,
  type Inferred,
  int,
  type Op,
  type Operand,
  type OpOf,
  op,
  optionalInts,
} from "./row";
import { axesOf, axisOf, ints, lengthOf, numbers, unknownDims } from "./rules";

type Reduction = (x: t.TensorLike, options: { axes?: number[]; keepDims?: boolean }) => t.Tensor;
const reduceAttrs = { axes: optionalInts, keepdims: int(1), noop_with_empty_axes: int(0) };

function inferReduce(
  name: string,
  x: Operand,
  given: Operand | undefined,
  attrs: Attrs<typeof reduceAttrs>,
): Inferred {
  const rank = x.shape.length;
  const axes = given === undefined ? attrs.axes : numbers(given);
  if (given !== undefined && axes === undefined) {
    if (attrs.keepdims) return { dtype: x.dtype, shape: unknownDims(rank) };
    return { dtype: x.dtype, shape: unknownDims(rank - (lengthOf(name, given) ?? 0)) };
  }
  const all = axes === undefined || axes.length === 0;
  if (all && attrs.noop_with_empty_axes) return { dtype: x.dtype, shape: x.shape };
  const reduced = all ? x.shape.map((_, i) => i) : axesOf(name, axes, rank);
  const shape = x.shape.flatMap((dim, i) =>
    reduced.includes(i) ? (attrs.keepdims ? [1] : []) : [dim],
  );
  return { dtype: x.dtype, shape };
}

function reduction(evaluate: Reduction): OpOf<typeof reduceAttrs> {
  return op({
    arity: [1, 2],
    attrs: reduceAttrs,
    infer: ([x, axes], attrs, context) => [inferReduce(context.op, x, axes, attrs)],
    evaluate: ([x, given], attrs) => {
      const axes = given === undefined ? attrs.axes : ints(given);
      const all = axes === undefined || axes.length === 0;
      if (all && attrs.noop_with_empty_axes) return [x];
      return [evaluate(x, { ...(!all && { axes: [...axes] }), keepDims: attrs.keepdims !== 0 })];
    },
  });
}

export const ReduceSum = reduction(t.sum);
export const ReduceMean = reduction(t.mean);
export const ReduceMax = reduction(t.max);
export const ReduceMin = reduction(t.min);
export const ReduceSumSquare = reduction(t.sumSquare);
export const ReduceL1 = reduction(t.l1);
export const ReduceL2 = reduction(t.l2);
export const ReduceLogSumExp = reduction(t.logSumExp);
export const ReduceProd = reduction(t.prod);

function argReduction(evaluate: (x: t.TensorLike, axis: number) => t.Tensor): Op {
  return op({
    attrs: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    infer: ([x], { axis, keepdims }, context) => {
      const at = axisOf(context.op, axis, x.shape.length);
      const shape = x.shape.flatMap((dim, i) => (i === at ? (keepdims ? [1] : []) : [dim]));
      return [{ dtype: "int64", shape }];
    },
    evaluate: ([x], { axis, keepdims, select_last_index }, context) => {
      if (select_last_index)
        throw new RangeError(`${context.op}: select_last_index is not supported`);
      const index = t.cast(evaluate(x, axis), "int64");
      if (!keepdims) return [index];
      const at = axisOf(context.op, axis, x.shape.length);
      return [
        t.reshape(
          index,
          x.shape.map((n, i) => (i === at ? 1 : n)),
        ),
      ];
    },
  });
}

export const ArgMax = argReduction(t.argmax);
export const ArgMin = argReduction(t.argmin);

export const CumSum = op({
  arity: [2, 2],
  attrs: { exclusive: int(0), reverse: int(0) },
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  evaluate: ([x, axis], { exclusive, reverse }) => [
    t.cumsum(x, ints(axis)[0]!, { exclusive: exclusive !== 0, reverse: reverse !== 0 }),
  ],
});

export const TopK = op({
  since: 10,
  arity: [2, 2],
  outputs: 2,
  attrs: { axis: int(-1), largest: int(1), sorted: int(1) },
  infer: ([x, k], { axis }, context) => {
    const at = axisOf(context.op, axis, x.shape.length);
    const count = k.data?.[0] ?? null;
    const size = x.shape[at]!;
    if (typeof count === "number" && typeof size === "number" && count > size) {
      throw new RangeError(
        `${context.op}: k = ${count} is more than dimension ${at} of ${x.name}, ${size}`,
      );
    }
    const shape = x.shape.map((dim, i) => (i === at ? count : dim));
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  evaluate: ([x, k], { axis, largest, sorted }) => {
    const options = { largest: largest !== 0, sorted: sorted !== 0 };
    const { values, indices } = t.topK(x, ints(k)[0]!, axis, options);
    return [values, indices];
  },
});
