/** @file Gradients of reductions over axes. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/reduce";
import type { Attrs } from "../ops/row";
import { axesOf, ints, isFloat } from "../ops/rules";
import type { RuleOf } from "./rule";
import { countOf } from "./shared";

type Rows = typeof rows;

type Attributes = Attrs<Rows["ReduceSum"]["attrs"]>;

/** Values of a reduction as its gradient rule gets them: y and dy with the reduced axes kept as 1. */
interface Reduced {
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly axes: readonly number[];
}

function reduction(gradient: (b: Builder, v: Reduced) => Value): RuleOf<Rows["ReduceSum"]> {
  return (b, { inputs: [x, given], outputs: [y], attrs }, [dy]) => {
    const axes = reducedAxes(b, x, given, attrs);
    if (axes.length === 0) return [dy];
    const kept = (v: Value) => (attrs.keepdims !== 0 ? v : b.unsqueeze(v, axes));
    const reduced: Reduced = {
      x,
      axes,
      get y() {
        return kept(y);
      },
      dy: kept(dy),
    };
    return [gradient(b, reduced)];
  };
}

/** The axes that a reduction node reduces. */
function reducedAxes(b: Builder, x: Value, given: Value | undefined, attrs: Attributes): number[] {
  const known = given === undefined ? attrs.axes : b.known(given) && ints(b.known(given)!);
  if (given !== undefined && known === undefined) {
    throw new RangeError(`differentiate: the axes ${given.name} are not a constant`);
  }
  const rank = x.shape.length;
  if (known !== undefined && known.length > 0) return axesOf("differentiate", known, rank);
  return attrs.noop_with_empty_axes ? [] : x.shape.map((_, i) => i);
}

export const ReduceSum = reduction((b, { x, dy }) => b.expand(dy, x));
export const ReduceMean = reduction((b, { x, dy, axes }) =>
  b.expand(b.div(dy, countOf(b, x, axes)), x),
);
export const ReduceMax = reduction(shareAmongTies);
export const ReduceMin = reduction(shareAmongTies);
export const ReduceSumSquare = reduction((b, { x, dy }) => b.mul(b.mul(x, 2), dy));
export const ReduceL1 = reduction((b, { x, dy }) => b.mul(b.sign(x), dy));
/** x / |x|, and 0 where the norm is 0. */
export const ReduceL2 = reduction((b, { x, y, dy }) => {
  const norm = b.where(b.equal(y, 0), b.constant(1, y.dtype), y);
  return b.mul(x, b.div(dy, norm));
});
export const ReduceLogSumExp = reduction((b, { x, y, dy }) => b.mul(b.exp(b.sub(x, y)), dy));
export const ReduceProd = reduction(productGradient);

/** Equal extremes share the gradient evenly. */
function shareAmongTies(b: Builder, { x, y, dy, axes }: Reduced): Value {
  const hit = b.equal(x, y);
  const share = b.div(dy, b.sum(b.cast(hit, dy.dtype), axes, true));
  return b.where(hit, share, b.constant(0, dy.dtype));
}

/** The product of the other factors: all of them over x, or, where one factor is 0, only at that factor. */
function productGradient(b: Builder, { x, dy, axes }: Reduced): Value {
  const one = b.constant(1, x.dtype);
  const zero = b.constant(0, x.dtype);
  const isZero = b.equal(x, 0);
  const factors = b.where(isZero, one, x);
  const product = b.prod(factors, axes, true);
  const zeros = b.sum(b.cast(isZero, x.dtype), axes, true);
  const atZero = b.where(b.and(isZero, b.equal(zeros, 1)), product, zero);
  return b.mul(dy, b.where(b.equal(zeros, 0), b.div(product, factors), atZero));
}

/** Element i feeds every later sum, so its gradient is the sum of theirs. */
export const CumSum: RuleOf<Rows["CumSum"]> = (
  b,
  { inputs: [, axis], attrs: { exclusive, reverse } },
  [dy],
) => [b.node("CumSum", [dy, axis], { exclusive, reverse: reverse ? 0 : 1 })[0]];

export const TopK: RuleOf<Rows["TopK"]> = (
  b,
  { inputs: [x], outputs: [, indices], attrs: { axis } },
  [dy],
) => [isFloat(x.dtype) ? b.scatterElements(b.fill(x, 0), indices, dy, axis) : undefined];
