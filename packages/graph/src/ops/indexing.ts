/** @file Reading and writing at indices; indices and diagonals as masks. */

import * as t from "@diopter/tensor";
import { compatible, showShape } from "../graph/dim";
import type { Dim } from "../graph/types";
import { type Inferred, int, type Operand, op, string } from "./row";
import { axisOf, expectDtype, ints, sameDtype, show } from "./rules";

/** Source: ONNX Gather-13. */
export const Gather = op({
  arity: [2, 2],
  attrs: { axis: int(0) },
  infer: ([data, indices], { axis }, context) => {
    expectDtype(context.op, indices, "int64", "int32");
    const at = axisOf(context.op, axis, data.shape.length);
    const shape = [...data.shape.slice(0, at), ...indices.shape, ...data.shape.slice(at + 1)];
    return [{ dtype: data.dtype, shape, data: gatheredData(data, indices) }];
  },
  evaluate: ([data, indices], { axis }) => [t.gather(data, indices, axis)],
});

function gatheredData(data: Operand, indices: Operand): Dim[] | undefined {
  if (data.data === undefined || indices.data === undefined || data.shape.length !== 1)
    return undefined;
  return indices.data.map((at) => (typeof at === "number" ? (data.data!.at(at) ?? null) : null));
}

/** The shape of what one index per element reads or writes. */
export function inferElements(name: string, data: Operand, indices: Operand, axis: number): Dim[] {
  expectDtype(name, indices, "int64", "int32");
  axisOf(name, axis, data.shape.length);
  if (data.shape.length !== indices.shape.length) {
    throw new RangeError(`${name}: ranks differ: ${show(data)} and ${show(indices)}`);
  }
  return [...indices.shape];
}

export const GatherElements = op({
  arity: [2, 2],
  attrs: { axis: int(0) },
  infer: ([data, indices], { axis }, context) => [
    { dtype: data.dtype, shape: inferElements(context.op, data, indices, axis) },
  ],
  evaluate: ([data, indices], { axis }) => [t.gatherElements(data, indices, axis)],
});

/** Source: ONNX GatherND-13. */
export const GatherND = op({
  arity: [2, 2],
  attrs: { batch_dims: int(0) },
  infer: ([data, indices], { batch_dims }, context) => {
    expectDtype(context.op, indices, "int64");
    const depth = indexDepth(context.op, data, indices, batch_dims);
    for (let i = 0; i < batch_dims; i++) {
      if (!compatible(data.shape[i]!, indices.shape[i]!)) {
        throw new RangeError(
          `${context.op}: batch dimensions differ: ${show(data)} and ${show(indices)}`,
        );
      }
    }
    const shape = [...indices.shape.slice(0, -1), ...data.shape.slice(batch_dims + depth)];
    return [{ dtype: data.dtype, shape }];
  },
  evaluate: ([data, indices], { batch_dims }) => [t.gatherND(data, indices, batch_dims)],
});

/** How many axes each index of a GatherND or ScatterND names. */
export function indexDepth(name: string, data: Operand, indices: Operand, batch = 0): number {
  const depth = indices.shape.at(-1);
  if (typeof depth !== "number") {
    throw new RangeError(`${name}: the last dimension of ${show(indices)} must be a number`);
  }
  if (batch + depth > data.shape.length) {
    throw new RangeError(`${name}: ${show(indices)} names ${depth} axes of ${show(data)}`);
  }
  return depth;
}

/** Source: ONNX ScatterElements-18. */
export const ScatterElements = op({
  arity: [3, 3],
  attrs: { axis: int(0), reduction: string("none") },
  infer: ([data, indices, updates], { axis, reduction }, context) => {
    expectAdd(context, reduction);
    inferElements(context.op, data, indices, axis);
    expectSame(context.op, updates, indices.shape);
    return [{ dtype: sameDtype(context.op, data, updates), shape: data.shape }];
  },
  evaluate: ([data, indices, updates], { axis, reduction }, context) => [
    t.scatterElements(data, indices, updates, axis, noneOrAdd(context.op, reduction)),
  ],
});

/** Source: ONNX ScatterND-18. */
export const ScatterND = op({
  arity: [3, 3],
  attrs: { reduction: string("none") },
  infer: ([data, indices, updates], { reduction }, context): Inferred[] => {
    expectAdd(context, reduction);
    expectDtype(context.op, indices, "int64");
    const depth = indexDepth(context.op, data, indices);
    expectSame(context.op, updates, [...indices.shape.slice(0, -1), ...data.shape.slice(depth)]);
    return [{ dtype: sameDtype(context.op, data, updates), shape: data.shape }];
  },
  evaluate: ([data, indices, updates], { reduction }, context) => [
    t.scatterND(data, indices, updates, noneOrAdd(context.op, reduction)),
  ],
});

function expectSame(name: string, x: Operand, shape: readonly Dim[]): void {
  const fits =
    x.shape.length === shape.length && x.shape.every((dim, i) => compatible(dim, shape[i]!));
  if (!fits) throw new RangeError(`${name}: ${show(x)} should be ${showShape(shape)}`);
}

function expectAdd(context: { op: string; opset: number }, reduction: string): void {
  if (reduction !== "none" && context.opset < 16) {
    throw new RangeError(
      `${context.op}: reduction needs operator set 16, this graph has ${context.opset}`,
    );
  }
}

export function noneOrAdd(name: string, reduction: string): "none" | "add" {
  if (reduction === "none" || reduction === "add") return reduction;
  throw new RangeError(`${name}: reduction "${reduction}" is not supported`);
}

/** The on and off value are a pair [off, on]. Source: ONNX OneHot-11. */
export const OneHot = op({
  arity: [3, 3],
  attrs: { axis: int(-1) },
  infer: ([indices, depth, values], { axis }, context) => {
    const at = axisOf(context.op, axis, indices.shape.length + 1);
    const shape = [
      ...indices.shape.slice(0, at),
      depth.data?.[0] ?? null,
      ...indices.shape.slice(at),
    ];
    return [{ dtype: values.dtype, shape }];
  },
  // An index outside the depth has no 1.
  evaluate: ([indices, depth, values], { axis }, context) => {
    const [off, on] = Array.from(values.data as ArrayLike<number | bigint>, Number);
    const size = Number(depth.data[0]);
    const at = axisOf(context.op, axis, indices.rank + 1);
    const along = (n: number) =>
      Array.from({ length: indices.rank + 1 }, (_, i) => (i === at ? n : 1));
    const places = t.reshape(t.arange(0, size, 1, "int64"), along(size));
    const spread = t.reshape(indices, indices.shape.toSpliced(at, 0, 1));
    const hot = (index: number, place: number) => (index < 0 ? index + size : index) === place;
    return [t.zip(spread, places, (p, q) => (hot(p, q) ? on! : off!), values.dtype)];
  },
});

/** Source: ONNX Trilu-14. */
export const Trilu = op({
  since: 14,
  arity: [1, 2],
  attrs: { upper: int(1) },
  infer: ([x], _, context) => {
    if (x.shape.length < 2) throw new RangeError(`${context.op}: ${show(x)} is not a matrix`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  evaluate: ([x, k], { upper }) => [t.trilu(x, k === undefined ? 0 : ints(k)[0]!, upper !== 0)],
});
