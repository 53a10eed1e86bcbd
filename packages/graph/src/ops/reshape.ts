/** @file Ops that give the same elements other dimensions. */

import * as t from "@diopter/tensor";
import { compatible, divDims, productOf, showShape } from "../graph/dim";
import type { Dim } from "../graph/types";
import { type Inferred, int, type Operand, op, optionalInts } from "./row";
import { axesOf, axisOf, ints, lengthOf, numbers, show, unknownDims } from "./rules";

const same = (x: Operand): Inferred => ({ dtype: x.dtype, shape: x.shape, data: x.data });

export const Identity = op({
  infer: ([x]) => [same(x)],
  evaluate: ([x]) => [x],
});

/** 0 copies the dimension of the input, one -1 takes what is left. Source: ONNX Reshape-14. */
export const Reshape = op({
  arity: [2, 2],
  attrs: { allowzero: int(0) },
  infer: ([x, shape], { allowzero }, context) => {
    if (shape.data === undefined) {
      return [{ dtype: x.dtype, shape: unknownDims(lengthOf(context.op, shape)) }];
    }
    return [
      { dtype: x.dtype, shape: reshaped(context.op, x, shape.data, allowzero !== 0), data: x.data },
    ];
  },
  evaluate: ([x, shape], { allowzero }) => {
    const dims = ints(shape).map((n, i) => (n === 0 && !allowzero ? x.shape[i]! : n));
    const rest = dims.indexOf(-1);
    if (rest >= 0) dims[rest] = x.size / dims.reduce((n, dim, i) => (i === rest ? n : n * dim), 1);
    return [t.reshape(x, dims)];
  },
});

function reshaped(name: string, x: Operand, target: readonly Dim[], allowZero: boolean): Dim[] {
  const error = () => new RangeError(`${name}: cannot reshape ${show(x)} to ${showShape(target)}`);
  const dims = target.map((dim, i) => {
    if (dim !== 0 || allowZero) return dim;
    if (i >= x.shape.length) throw error();
    return x.shape[i]!;
  });
  // Dimensions that stay in place cancel, so that unknown ones do no harm.
  const total = productOf(x.shape.filter((dim, i) => target[i] !== 0 || dim !== null));
  const rest = dims.indexOf(-1);
  const known = productOf(dims.filter((dim, i) => i !== rest && (target[i] !== 0 || dim !== null)));
  if (rest < 0) {
    if (!compatible(total, known)) throw error();
    return dims;
  }
  const left = divDims(total, known);
  if (typeof total === "number" && typeof known === "number" && left === null && known !== 0)
    throw error();
  dims[rest] = left;
  return dims;
}

export const Flatten = op({
  attrs: { axis: int(1) },
  infer: ([x], { axis }, context) => {
    const at = axis === x.shape.length ? axis : axisOf(context.op, axis, x.shape.length);
    return [
      { dtype: x.dtype, shape: [productOf(x.shape.slice(0, at)), productOf(x.shape.slice(at))] },
    ];
  },
  evaluate: ([x], { axis }) => {
    const at = axis < 0 ? axis + x.rank : axis;
    const size = (dims: readonly number[]) => dims.reduce((n, dim) => n * dim, 1);
    return [t.reshape(x, [size(x.shape.slice(0, at)), size(x.shape.slice(at))])];
  },
});

/** New axes of length 1, numbered as in the result. Before opset 13 the axes are an attribute. */
export const Unsqueeze = op({
  arity: [1, 2],
  attrs: { axes: optionalInts },
  infer: ([x, given], attrs, context) => {
    const axes = given === undefined ? attrs.axes : numbers(given);
    if (axes === undefined) {
      if (given === undefined) throw new RangeError(`${context.op}: no axes for ${show(x)}`);
      return [{ dtype: x.dtype, shape: unknownDims(x.shape.length + lengthOf(context.op, given)) }];
    }
    const rank = x.shape.length + axes.length;
    const added = axesOf(context.op, axes, rank);
    let next = 0;
    const shape = Array.from({ length: rank }, (_, i) =>
      added.includes(i) ? 1 : x.shape[next++]!,
    );
    return [{ dtype: x.dtype, shape, data: x.data }];
  },
  evaluate: ([x, given], attrs) => {
    const axes = given === undefined ? attrs.axes! : ints(given);
    const rank = x.rank + axes.length;
    const added = axesOf("Unsqueeze", axes, rank);
    let next = 0;
    return [
      t.reshape(
        x,
        Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : x.shape[next++]!)),
      ),
    ];
  },
});

export const Squeeze = op({
  arity: [1, 2],
  attrs: { axes: optionalInts },
  infer: ([x, given], attrs, context) => {
    const axes = given === undefined ? attrs.axes : numbers(given);
    if (given !== undefined && axes === undefined) {
      return [{ dtype: x.dtype, shape: unknownDims(x.shape.length - lengthOf(context.op, given)) }];
    }
    const removed = axes && axesOf(context.op, axes, x.shape.length);
    removed?.forEach((axis) => {
      if (!compatible(x.shape[axis]!, 1)) {
        throw new RangeError(`${context.op}: dimension ${axis} of ${show(x)} is not 1`);
      }
    });
    const shape = x.shape.filter((dim, i) => (removed ? !removed.includes(i) : dim !== 1));
    return [{ dtype: x.dtype, shape, data: x.data }];
  },
  evaluate: ([x, given], attrs) => {
    const axes = given === undefined ? attrs.axes : ints(given);
    const removed = axes && axesOf("Squeeze", axes, x.rank);
    return [
      t.reshape(
        x,
        x.shape.filter((n, i) => (removed ? !removed.includes(i) : n !== 1)),
      ),
    ];
  },
});
