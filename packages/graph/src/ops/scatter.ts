/** @file Writing at indices. */

import * as t from "@diopter/tensor";
import { compatible, showShape } from "../graph/dim";
import type { Dim } from "../graph/types";
import { indexDepth, inferElements } from "./gather";
import { type Inferred, int, type Operand, op, string } from "./row";
import { expectDtype, sameDtype, show } from "./rules";

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
