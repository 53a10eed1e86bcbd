/** @file Shapes as values. */

import * as t from "@diopter/tensor";
import { productOf } from "../graph/dim";
import { int, op } from "./row";

export const Shape = op({
  attrs: { start: int(0), end: int(Number.MAX_SAFE_INTEGER) },
  infer: ([x], { start, end }) => {
    const dims = x.shape.slice(start, end);
    return [{ dtype: "int64", shape: [dims.length], data: dims }];
  },
  evaluate: ([x], { start, end }) => {
    const dims = x.shape.slice(start, end);
    return [t.fromData(BigInt64Array.from(dims, BigInt), [dims.length], "int64")];
  },
});

export const Size = op({
  infer: ([x]) => [{ dtype: "int64", shape: [], data: [productOf(x.shape)] }],
  evaluate: ([x]) => [t.scalar(x.size, "int64")],
});
