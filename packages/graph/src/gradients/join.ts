/** @file Gradients of joining values along an axis, and of cutting them apart. */

import { addDims } from "../graph/dim";
import type { Dim, Value } from "../graph/types";
import type * as rows from "../ops/join";
import { axisOf } from "../ops/rules";
import type { RuleOf } from "./rule";

export const Concat: RuleOf<typeof rows.Concat> = (b, { inputs, attrs: { axis } }, [dy]) => {
  const at = axisOf("Concat", axis, dy.shape.length);
  let end: Dim | Value = 0;
  return inputs.map((x) => {
    const start: Dim | Value = end;
    const size: Dim = x.shape[at]!;
    end =
      typeof start !== "object" && size !== null
        ? addDims(start, size)
        : b.add(b.dim(start), b.shapeOf(x, at));
    const stop = end;
    return () =>
      inputs.length === 1
        ? dy
        : b.assume(b.slice(dy, { axis: at, start: b.dim(start), end: b.dim(stop) }), x.shape);
  });
};

export const Split: RuleOf<typeof rows.Split> = (
  b,
  { inputs: [x], outputs, attrs: { axis } },
  dys,
) => [
  b.assume(
    b.concat(
      outputs.map((y, i) => (dys[i] as Value | undefined) ?? b.fill(y, 0)),
      axis,
    ),
    x.shape,
  ),
];
