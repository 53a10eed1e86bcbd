/** @file Reading at indices. */

import * as t from "@diopter/tensor";
import { compatible } from "../graph/dim";
import type { Dim } from "../graph/types";
import { int, type Operand, op } from "./row";
import { axisOf, expectDtype, show } from "./rules";

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
