/** @file Ops that permute or repeat. */

import * as t from "@diopter/tensor";
import { mulDims, showShape } from "../graph/dim";
import { op, optionalInts } from "./row";
import { broadcastDims, ints, lengthOf, show, unknownDims } from "./rules";

export const Transpose = op({
  attrs: { perm: optionalInts },
  infer: ([x], { perm }, context) => {
    const order = perm ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    if (
      order.length !== x.shape.length ||
      [...order].sort((p, q) => p - q).some((axis, i) => axis !== i)
    ) {
      throw new RangeError(
        `${context.op}: ${showShape(order)} does not permute the axes of ${show(x)}`,
      );
    }
    return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis]!) }];
  },
  evaluate: ([x], { perm }) => [t.transpose(x, perm && [...perm])],
});

/** Broadcasts to a shape; a dimension of 1 there keeps the input's. Source: ONNX Expand-13. */
export const Expand = op({
  arity: [2, 2],
  infer: ([x, shape], _, context) => {
    const target = shape.data ?? unknownDims(lengthOf(context.op, shape));
    const error = () =>
      new RangeError(`${context.op}: ${show(x)} does not broadcast to ${showShape(target)}`);
    return [{ dtype: x.dtype, shape: broadcastDims([x.shape, target], error) }];
  },
  evaluate: ([x, shape]) => [t.expand(x, t.broadcastShapes(x.shape, ints(shape)))],
});

export const Tile = op({
  arity: [2, 2],
  infer: ([x, repeats], _, context) => {
    const length = repeats.data?.length ?? lengthOf(context.op, repeats);
    if (length !== x.shape.length) {
      throw new RangeError(`${context.op}: ${length} repeats for ${show(x)}`);
    }
    return [
      { dtype: x.dtype, shape: x.shape.map((dim, i) => mulDims(dim, repeats.data?.[i] ?? null)) },
    ];
  },
  evaluate: ([x, repeats]) => [t.tile(x, ints(repeats))],
});
