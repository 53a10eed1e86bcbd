/** @file Gradients of writing at indices: reading there. */

import type * as rows from "../ops/scatter";
import { noneOrAdd } from "../ops/scatter";
import type { RuleOf } from "./rule";

export const ScatterElements: RuleOf<typeof rows.ScatterElements> = (
  b,
  { inputs: [, indices, updates], attrs: { axis, reduction } },
  [dy],
) => [
  () =>
    noneOrAdd("differentiate: ScatterElements", reduction) === "add"
      ? dy
      : b.scatterElements(dy, indices, b.fill(updates, 0), axis),
  undefined,
  () => b.gatherElements(dy, indices, axis),
];

export const ScatterND: RuleOf<typeof rows.ScatterND> = (
  b,
  { inputs: [, indices, updates], attrs: { reduction } },
  [dy],
) => [
  () =>
    noneOrAdd("differentiate: ScatterND", reduction) === "add"
      ? dy
      : b.scatterND(dy, indices, b.fill(updates, 0)),
  undefined,
  () => b.gatherND(dy, indices),
];
