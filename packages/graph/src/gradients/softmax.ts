/** @file Gradients of the softmax and its logarithm. */

import type { Attrs } from "../ops/row";
import type * as rows from "../ops/softmax";
import { normalizedAxes } from "../ops/softmax";
import type { GradientNode, RuleOf } from "./rule";

const axesOf = ({
  outputs: [y],
  attrs,
  opset,
}: GradientNode<Attrs<typeof rows.Softmax.attrs>>): number[] =>
  normalizedAxes(attrs, y.shape.length, opset);

/**
 * dx = y (dy − Σ y dy)
 *
 * An input of minus infinity has y = 0 and so gets a gradient of exactly 0. A row of nothing else is NaN, which models
 * replace afterwards; its gradient is 0 too, so that the NaN does not come back on this way.
 */
export const Softmax: RuleOf<typeof rows.Softmax> = (b, node, [dy]) => {
  const [y] = node.outputs;
  const along = b.sum(b.mul(y, dy), axesOf(node), true);
  const dx = b.mul(y, b.sub(dy, along));
  return [b.where(b.equal(along, along), dx, 0)];
};

/** dx = dy − exp(y) Σ dy */
export const LogSoftmax: RuleOf<typeof rows.LogSoftmax> = (b, node, [dy]) => {
  const [y] = node.outputs;
  return [b.sub(dy, b.mul(b.exp(y), b.sum(dy, axesOf(node), true)))];
};
