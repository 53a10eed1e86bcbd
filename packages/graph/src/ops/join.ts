/** @file Joining values along an axis, and cutting them apart. */

import * as t from "@diopter/tensor";
import { addDims, compatible, divDims, showShape } from "../graph/dim";
import type { Dim } from "../graph/types";
import { int, op, optionalInts } from "./row";
import { axisOf, ints, sameDtype, show, unknownDims } from "./rules";

export const Concat = op({
  arity: [1, Number.POSITIVE_INFINITY],
  attrs: { axis: int(0) },
  infer: (xs, { axis }, context) => {
    const [first] = xs;
    const rank = first.shape.length;
    const at = axisOf(context.op, axis, rank);
    const shape = [...first.shape];
    for (const x of xs.slice(1)) {
      const fits =
        x.shape.length === rank &&
        x.shape.every((dim, i) => i === at || compatible(dim, shape[i]!));
      if (!fits)
        throw new RangeError(
          `${context.op}: shapes differ beside axis ${at}: ${xs.map(show).join(", ")}`,
        );
      x.shape.forEach((dim, i) => {
        shape[i] = i === at ? addDims(shape[i]!, dim) : (shape[i] ?? dim);
      });
    }
    const data = xs.every((x) => x.data) ? xs.flatMap((x) => [...x.data!]) : undefined;
    return [{ dtype: sameDtype(context.op, ...xs), shape, data }];
  },
  evaluate: (xs, { axis }) => [t.concat([...xs], axis)],
});

/** Source: ONNX Split-18; before opset 13 the sizes are an attribute. */
export const Split = op({
  arity: [1, 2],
  attrs: { axis: int(0), split: optionalInts, num_outputs: int(0) },
  infer: ([x, given], attrs, context) => {
    const at = axisOf(context.op, attrs.axis, x.shape.length);
    const sizes = given === undefined ? attrs.split : given.data;
    const total = x.shape[at]!;
    if (sizes && sizes.length !== context.outputs) {
      throw new RangeError(`${context.op}: ${sizes.length} sizes for ${context.outputs} outputs`);
    }
    const sum = sizes?.reduce<Dim>((n, size) => addDims(n, size), 0);
    if (sum !== undefined && !compatible(sum, total)) {
      throw new RangeError(
        `${context.op}: sizes ${showShape(sizes!)} do not add up to dimension ${at} of ${show(x)}`,
      );
    }
    const parts =
      sizes ?? (given ? unknownDims(context.outputs) : evenParts(total, context.outputs));
    return parts.map((size) => ({
      dtype: x.dtype,
      shape: x.shape.map((dim, i) => (i === at ? size : dim)),
    }));
  },
  evaluate: ([x, given], attrs, context) => {
    const at = axisOf(context.op, attrs.axis, x.rank);
    const sizes = given ? ints(given) : (attrs.split ?? evenParts(x.shape[at]!, context.outputs));
    return t.split(x, sizes as number[], at);
  },
});

/** As equal as can be, the last part smaller. */
function evenParts(total: Dim, count: number): Dim[] {
  if (typeof total !== "number") return new Array<Dim>(count).fill(divDims(total, count));
  const size = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) =>
    i < count - 1 ? size : total - size * (count - 1),
  );
}
