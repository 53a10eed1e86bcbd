/** @file Softmax and its logarithm along one axis; before opset 13 along all axes from one on. */

import * as t from "@diopter/tensor";
import { type InferContext, type Op, type OpRow, op, optionalInt } from "./row";
import { axisOf, expectFloat } from "./rules";

interface Attrs {
  readonly axis: number | undefined;
}

/** The axes that are normalized together. */
export function normalizedAxes({ axis }: Attrs, rank: number, opset: number): number[] {
  const first = axisOf("Softmax", axis ?? (opset < 13 ? 1 : -1), rank);
  return Array.from({ length: opset < 13 ? rank - first : 1 }, (_, i) => first + i);
}

function infer(
  [x]: Parameters<Op["infer"]>[0],
  attrs: Attrs,
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
