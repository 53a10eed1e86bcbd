/** @file Gradients of reductions, of the softmax and of normalization. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/reduce";
import { axesFrom, normalizedAxes } from "../ops/reduce";
import type { Attrs } from "../ops/row";
import { axesOf, ints, isFloat } from "../ops/rules";
import type { GradientNode, RuleOf } from "./rule";
import { countOf, sumTo } from "./shared";

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

const softmaxAxes = ({
  outputs: [y],
  attrs,
  opset,
}: GradientNode<Attrs<Rows["Softmax"]["attrs"]>>): number[] =>
  normalizedAxes(attrs, y.shape.length, opset);

/**
 * dx = y (dy − Σ y dy)
 *
 * An input of minus infinity has y = 0 and so gets a gradient of exactly 0. A row of nothing else is NaN, which models
 * replace afterwards; its gradient is 0 too, so that the NaN does not come back on this way.
 */
export const Softmax: RuleOf<Rows["Softmax"]> = (b, node, [dy]) => {
  const [y] = node.outputs;
  const along = b.sum(b.mul(y, dy), softmaxAxes(node), true);
  const dx = b.mul(y, b.sub(dy, along));
  return [b.where(b.equal(along, along), dx, 0)];
};

/** dx = dy − exp(y) Σ dy */
export const LogSoftmax: RuleOf<Rows["LogSoftmax"]> = (b, node, [dy]) => {
  const [y] = node.outputs;
  return [b.sub(dy, b.mul(b.exp(y), b.sum(dy, softmaxAxes(node), true)))];
};

export const LayerNormalization: RuleOf<Rows["LayerNormalization"]> = (
  b,
  node,
  [dy, dmean, dinverse],
) => {
  const { x, scale, axes, normal, inverse } = layerNormParts(b, node);
  const bias: Value | undefined = node.inputs[2];
  return [
    () => {
      const count = countOf(b, x, axes);
      let dx = dy && normGradient(b, b.mul(dy, scale), normal(), inverse(), axes, true);
      if (dmean) dx = plus(b, dx, b.expand(b.div(dmean, count), x));
      if (dinverse) {
        // d inverse / dx = −inverse² normal / n
        const slope = b.div(b.mul(dinverse, b.mul(inverse(), inverse())), count);
        dx = plus(b, dx, b.neg(b.mul(slope, normal())));
      }
      return dx;
    },
    () => dy && sumTo(b, b.mul(dy, normal()), scale),
    () => dy && bias && sumTo(b, dy, bias),
  ];
};

interface Parts {
  readonly x: Value;
  readonly scale: Value;
  readonly axes: number[];
  /** The normalized x before scale and bias, made when first asked for. */
  readonly normal: () => Value;
  readonly inverse: () => Value;
}

function layerNormParts(
  b: Builder,
  node: {
    readonly inputs: readonly Value[];
    readonly outputs: readonly (Value | undefined)[];
    readonly attrs: { readonly axis: number; readonly epsilon: number };
  },
): Parts {
  const [x, scale] = node.inputs as [Value, Value];
  const axes = axesFrom(node.attrs.axis, x.shape.length);
  const centred = once(() => b.sub(x, node.outputs[1] ?? b.mean(x, axes, true)));
  const inverse = once(
    () => node.outputs[2] ?? inverseRoot(b, centred(), axes, node.attrs.epsilon),
  );
  return { x, scale, axes, inverse, normal: once(() => b.mul(centred(), inverse())) };
}

/** 1 / sqrt(mean(v²) + epsilon) */
function inverseRoot(b: Builder, v: Value, axes: readonly number[], epsilon: number): Value {
  return b.reciprocal(b.sqrt(b.add(b.mean(b.mul(v, v), axes, true), epsilon)));
}

/** inverse (g − mean(g) − normal mean(g normal)); without the middle term where nothing is centred. */
function normGradient(
  b: Builder,
  g: Value,
  normal: Value,
  inverse: Value,
  axes: readonly number[],
  centred: boolean,
): Value {
  const along = b.mul(normal, b.mean(b.mul(g, normal), axes, true));
  const rest = centred ? b.sub(g, b.mean(g, axes, true)) : g;
  return b.mul(inverse, b.sub(rest, along));
}

function plus(b: Builder, a: Value | undefined, c: Value): Value {
  return a === undefined ? c : b.add(a, c);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export const RMSNormalization: RuleOf<Rows["RMSNormalization"]> = (
  b,
  { inputs: [x, scale], attrs: { axis, epsilon } },
  [dy],
) => {
  const axes = axesFrom(axis, x.shape.length);
  const inverse = once(() => inverseRoot(b, x, axes, epsilon));
  const normal = once(() => b.mul(x, inverse()));
  return [
    () => normGradient(b, b.mul(dy, scale), normal(), inverse(), axes, false),
    () => sumTo(b, b.mul(dy, normal()), scale),
  ];
};
