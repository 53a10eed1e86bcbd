/** @file Reductions, and what divides by one: softmax and normalization. */

import * as t from "@diopter/tensor";
import {
  type Attrs,
  float,
  type InferContext,
  type Inferred,
  int,
  type Op,
  type Operand,
  type OpOf,
  type OpRow,
  op,
  optionalInt,
  optionalInts,
} from "./row";
import {
  axesOf,
  axisOf,
  broadcast,
  expectFloat,
  ints,
  lengthOf,
  numbers,
  sameDtype,
  show,
  unknownDims,
} from "./rules";

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

interface AxisAttrs {
  readonly axis: number | undefined;
}

/** The axes that are normalized together. */
export function normalizedAxes({ axis }: AxisAttrs, rank: number, opset: number): number[] {
  const first = axisOf("Softmax", axis ?? (opset < 13 ? 1 : -1), rank);
  return Array.from({ length: opset < 13 ? rank - first : 1 }, (_, i) => first + i);
}

function infer(
  [x]: Parameters<Op["infer"]>[0],
  attrs: AxisAttrs,
  context: InferContext,
): ReturnType<Op["infer"]> {
  expectFloat(context.op, x);
  const { axis } = attrs;
  if (axis !== undefined) axisOf(context.op, axis, x.shape.length);
  return [{ dtype: x.dtype, shape: x.shape }];
}

function evaluated(
  f: (x: t.TensorLike, axis: number) => t.Tensor,
  x: t.Tensor,
  axes: readonly number[],
): t.Tensor {
  const [first] = axes as [number];
  if (axes.length === 1) return f(x, first);
  const merged = [...x.shape.slice(0, first), x.size / t.sizeOf(x.shape.slice(0, first))];
  return t.reshape(f(t.reshape(x, merged), first), x.shape);
}

const row = (
  f: (x: t.TensorLike, axis: number) => t.Tensor,
): Pick<OpRow<{ axis: typeof optionalInt }>, "attrs" | "infer" | "evaluate"> => ({
  attrs: { axis: optionalInt },
  infer,
  evaluate: ([x], attrs, { opset }) => [evaluated(f, x, normalizedAxes(attrs, x.rank, opset))],
});

/** Source: ONNX Softmax-13. */
export const Softmax = op(row(t.softmax));

/** Source: ONNX LogSoftmax-13. */
export const LogSoftmax = op(row(t.logSoftmax));

function inferNorm(
  name: string,
  [x, scale, bias]: readonly (Operand | undefined)[],
  axis: number,
): Inferred[] {
  expectFloat(name, x!);
  sameDtype(name, x, scale, bias);
  const at = axisOf(name, axis, x!.shape.length);
  for (const affine of [scale, bias]) {
    if (affine === undefined) continue;
    if (broadcast(name, x!, affine).some((dim, i) => dim !== x!.shape[i] && x!.shape[i] === 1)) {
      throw new RangeError(`${name}: ${show(affine)} does not broadcast to ${show(x!)}`);
    }
  }
  const statistic = { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i < at ? dim : 1)) };
  return [{ dtype: x!.dtype, shape: x!.shape }, statistic, statistic];
}

/** The axes from `axis` on. */
export function axesFrom(axis: number, rank: number): number[] {
  const at = axisOf("normalize", axis, rank);
  return Array.from({ length: rank - at }, (_, i) => at + i);
}

/**
 * (x − mean) / sqrt(variance + epsilon) scale + bias, and on request the mean and the inverse deviation.
 *
 * Source: ONNX LayerNormalization-17.
 */
export const LayerNormalization = op({
  since: 17,
  arity: [2, 3],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: (inputs, { axis }, context) =>
    inferNorm(context.op, inputs, axis).slice(0, context.outputs),
  evaluate: ([x, scale, bias], { axis, epsilon }) => {
    const axes = axesFrom(axis, x.rank);
    const mean = t.mean(x, { axes, keepDims: true });
    const centred = t.sub(x, mean);
    const variance = t.mean(t.mul(centred, centred), { axes, keepDims: true });
    const inverse = t.map(variance, (v) => 1 / Math.sqrt(v + epsilon));
    const scaled = t.mul(t.mul(centred, inverse), scale);
    return [bias === undefined ? scaled : t.add(scaled, bias), mean, inverse];
  },
});

/** x / sqrt(mean(x²) + epsilon) scale. Source: ONNX RMSNormalization-23; Zhang and Sennrich 2019. */
export const RMSNormalization = op({
  since: 23,
  arity: [2, 2],
  attrs: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer: (inputs, { axis }, context) => inferNorm(context.op, inputs, axis).slice(0, 1),
  evaluate: ([x, scale], { axis, epsilon }) => {
    const square = t.mean(t.mul(x, x), { axes: axesFrom(axis, x.rank), keepDims: true });
    return [
      t.mul(
        t.zip(x, square, (v, s) => v / Math.sqrt(s + epsilon)),
        scale,
      ),
    ];
  },
});
