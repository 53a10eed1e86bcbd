/** @file MLPs: two matrices with an activation between (gpt2, gpt_neox, bert), or three with a gate (llama, qwen2). */

import type { ActivationFunction } from "../../config/config";
import type { Body } from "../read/body";
import { near, WRITTEN } from "../read/near";
import { type Linear, matchLinear } from "./linear";
import { either, factors, open, same, withoutBias, withoutFactor } from "./query";

export interface Activation {
  readonly fn: ActivationFunction;
  readonly x: Body;
}

/** The activation function that `body` is the result of. */
export function matchActivation(body: Body): Activation | undefined {
  return matchNode(body) ?? matchProduct(body);
}

function matchNode(body: Body): Activation | undefined {
  const node = open(body);
  const [x] = node?.args ?? [];
  if (!node || !x) return undefined;
  const { attrs, kind } = node.anchor;
  switch (kind) {
    case "Gelu":
      return { fn: attrs.approximate === "tanh" ? "gelu_new" : "gelu", x };
    case "FastGelu":
      return { fn: "gelu_new", x };
    case "QuickGelu":
      return quick(typeof attrs.alpha === "number" ? attrs.alpha : 1.702, x);
    case "Silu":
    case "Swish":
      return attrs.alpha === undefined || attrs.alpha === 1
        ? { fn: "silu", x }
        : quick(Number(attrs.alpha), x);
    case "Relu":
      return { fn: "relu", x };
    case "Tanh":
      return { fn: "tanh", x };
    default:
      return undefined;
  }
}

function quick(alpha: number, x: Body): Activation | undefined {
  if (near(alpha, 1, WRITTEN)) return { fn: "silu", x };
  return near(alpha, 1.702, WRITTEN) ? { fn: "quick_gelu", x } : undefined;
}

/** x times a gate made of x. */
function matchProduct(body: Body): Activation | undefined {
  const { factor, rest } = factors(body);
  if (rest.length !== 2) return undefined;
  for (const [x, gate] of either(rest)) {
    const found = matchGate(factor, x, gate);
    if (found) return { fn: found, x };
  }
  return undefined;
}

function matchGate(factor: number, x: Body, gate: Body): ActivationFunction | undefined {
  const sigmoid = open(gate, "Sigmoid");
  if (sigmoid && near(factor, 1, WRITTEN)) {
    const scaled = withoutFactor(sigmoid.args[0]!);
    if (!same(scaled.body, withoutFactor(x).body)) return undefined;
    return quick(scaled.factor / withoutFactor(x).factor, x)?.fn;
  }
  // 0.5 x (1 + f), or x (0.5 + 0.5 f)
  const { body: f, bias: one } = withoutBias(gate);
  const shape = withoutFactor(f);
  if (
    one?.k !== "num" ||
    !near(one.value * factor, 0.5, WRITTEN) ||
    !near(shape.factor, one.value, WRITTEN)
  )
    return undefined;
  const erf = open(shape.body, "Erf");
  if (erf) {
    const inside = withoutFactor(erf.args[0]!);
    return near(inside.factor, Math.SQRT1_2, WRITTEN) && same(inside.body, x) ? "gelu" : undefined;
  }
  const tanh = open(shape.body, "Tanh");
  return tanh && isGeluCurve(tanh.args[0]!, x) ? "gelu_new" : undefined;
}

/** sqrt(2/pi) (x + 0.044715 x^3), factored in any way. */
function isGeluCurve(body: Body, x: Body): boolean {
  const { factor, rest } = factors(body);
  const slope = Math.sqrt(2 / Math.PI);
  if (rest.length === 1) {
    const sum = open(rest[0]!, "Sum");
    return (
      near(factor, slope, WRITTEN) &&
      sum !== undefined &&
      either(sum.args).some(([a, b]) => same(a, x) && isPower(b, x, 3, 0.044715))
    );
  }
  if (rest.length !== 2 || !near(factor, slope, WRITTEN)) return false;
  return either(rest).some(([a, b]) => {
    const { body: square, bias } = withoutBias(b);
    return (
      same(a, x) &&
      bias?.k === "num" &&
      near(bias.value, 1, WRITTEN) &&
      isPower(square, x, 2, 0.044715)
    );
  });
}

function isPower(body: Body, x: Body, power: number, coefficient: number): boolean {
  const { factor, rest } = factors(body);
  if (!near(factor, coefficient, WRITTEN)) return false;
  const count = rest.reduce((n, part) => {
    if (same(part, x)) return n + 1;
    const pow = open(part, "Pow");
    const exponent = pow?.args[1];
    return pow && exponent?.k === "num" && same(pow.args[0]!, x) ? n + exponent.value : Number.NaN;
  }, 0);
  return count === power;
}

export interface Mlp {
  readonly kind: "mlp";
  readonly actFn: ActivationFunction;
  /** What the first matrices read. */
  readonly x: Body;
  readonly in: Linear;
  readonly gate: Linear | undefined;
  readonly out: Linear;
  /** Values under the hooks, in the coordinates of `out`'s operand. */
  readonly pre: Body;
  readonly preLinear: Body | undefined;
  readonly post: Body;
}

/** The MLP whose last matrix is `out`. */
export function matchMlp(out: Linear): Mlp | undefined {
  const post = out.x;
  const plain = matchActivation(post);
  const into = plain && matchLinear(plain.x);
  if (plain && into) {
    return {
      kind: "mlp",
      actFn: plain.fn,
      x: into.x,
      in: into,
      gate: undefined,
      out,
      pre: plain.x,
      preLinear: undefined,
      post,
    };
  }
  const product = open(post, "Product");
  for (const [gated, linear] of product ? either(product.args) : []) {
    const act = matchActivation(gated);
    const gate = act && matchLinear(act.x);
    const up = matchLinear(linear);
    if (act && gate && up) {
      return {
        kind: "mlp",
        actFn: act.fn,
        x: up.x,
        in: up,
        gate,
        out,
        pre: act.x,
        preLinear: linear,
        post,
      };
    }
  }
  return undefined;
}
