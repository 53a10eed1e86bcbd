/** @file Gradients of layer and root-mean-square normalization. */

import type { Builder } from "../builder/builder";
import type { Value } from "../graph/types";
import type * as rows from "../ops/normalize";
import { axesFrom } from "../ops/normalize";
import type { RuleOf } from "./rule";
import { countOf, sumTo } from "./shared";

export const LayerNormalization: RuleOf<typeof rows.LayerNormalization> = (
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

export const RMSNormalization: RuleOf<typeof rows.RMSNormalization> = (
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
