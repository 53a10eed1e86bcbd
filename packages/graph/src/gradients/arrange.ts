/** @file Gradients of ops that permute or repeat. */

import type * as rows from "../ops/arrange";
import { ints } from "../ops/rules";
import type { GradientRule, RuleOf } from "./rule";
import { sumTo } from "./shared";

type Rows = typeof rows;

export const Transpose: RuleOf<Rows["Transpose"]> = (b, { attrs: { perm } }, [dy]) => {
  const order = perm ?? dy.shape.map((_, i) => dy.shape.length - 1 - i);
  return [
    b.transpose(
      dy,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ];
};

export const Expand: GradientRule = (b, { inputs: [x] }, [dy]) => [sumTo(b, dy, x)];

export const Tile: GradientRule = (b, { inputs: [x, repeats] }, [dy]) => {
  const known = b.known(repeats);
  if (known === undefined)
    throw new RangeError(`differentiate: the repeats ${repeats.name} are not a constant`);
  const counts = ints(known);
  const apart = x.shape.flatMap((dim, i) => [counts[i]!, dim]);
  return [
    b.sum(
      b.reshape(dy, apart),
      counts.map((_, i) => 2 * i),
    ),
  ];
};
