/** @file Indices and diagonals as masks. */

import * as t from "@diopter/tensor";
import { int, op } from "./row";
import { axisOf, ints, show } from "./rules";

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
