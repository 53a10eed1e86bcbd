/** @file LayerNorm and RMSNorm with gain and bias: as one node (opset 17 on, ONNX Runtime) or spelt out (optimum1, torchscript14, all RMS exports). */

import type { Body, Var } from "../read/body";
import { either, open, same, withoutBias, withoutFactor, withoutGain } from "./query";

export interface Norm {
  readonly type: "LN" | "RMS";
  readonly eps: number;
  /** What is normed. */
  readonly x: Body;
  /** What comes out before gain and bias. */
  readonly normalized: Body;
  readonly gain: Body | undefined;
  readonly bias: Body | undefined;
  /** The coordinates along which it normalizes. */
  readonly over: readonly Var[];
  /** What `x` is divided by, where the file has it as a value. */
  readonly scale?: Body | undefined;
}

/** The norm that `body` is the result of, gain and bias included. */
export function matchNorm(body: Body): Norm | undefined {
  const { body: unbiased, bias } = withoutBias(body);
  const { body: bare, gain } = withoutGain(unbiased);
  const node = open(bare, "LayerNorm", "RMSNorm");
  if (node) {
    const type = node.anchor.kind === "LayerNorm" ? "LN" : "RMS";
    const { eps } = node.anchor.attrs as { eps: number };
    return {
      type,
      eps,
      x: node.args[0]!,
      normalized: bare,
      gain,
      bias,
      over: axesOf(node.index, node.anchor.over, node.anchor.axes),
    };
  }
  const spelt = matchSpeltOut(bare);
  return spelt && { ...spelt, normalized: bare, gain, bias };
}

/** Coordinates of a leaf that stand for the axes `over` of its anchor. */
function axesOf(index: readonly Body[], over: readonly Var[], axes: readonly Var[]): Var[] {
  return over.flatMap((v) => {
    const here = index[axes.indexOf(v)];
    return here?.k === "at" ? [...here.terms.keys()] : [];
  });
}

function matchSpeltOut(body: Body): Omit<Norm, "normalized" | "gain" | "bias"> | undefined {
  const quotient = open(body, "Div");
  if (quotient) {
    const [centered, scale] = quotient.args as [Body, Body];
    const found = matchRoot(centered, scale);
    return found && { ...found, scale };
  }
  const product = open(body, "Product");
  if (!product) return undefined;
  for (const [centered, inverse] of either(product.args)) {
    const scale = matchInverse(inverse);
    const found = scale && matchRoot(centered, scale);
    if (found) return { ...found, scale };
  }
  return undefined;
}

/** `1 / scale` in any of its spellings. */
function matchInverse(body: Body): Body | undefined {
  const reciprocal = open(body, "Reciprocal");
  if (reciprocal) return reciprocal.args[0];
  const quotient = open(body, "Div");
  return quotient?.args[0]?.k === "num" && quotient.args[0].value === 1
    ? quotient.args[1]
    : undefined;
}

/** `scale = sqrt(mean(centered^2) + eps)`, where `centered` is x, or x less its mean. */
function matchRoot(
  centered: Body,
  scale: Body,
): Omit<Norm, "normalized" | "gain" | "bias"> | undefined {
  const root = open(scale, "Sqrt");
  if (!root) return undefined;
  const { body: mean, bias: eps } = withoutBias(root.args[0]!);
  const variance = open(mean, "ReduceMean");
  if (!variance || eps?.k !== "num") return undefined;
  const base = squareOf(variance.args[0]!);
  if (!base) return undefined;
  // The mean runs over coordinates of its own; norms of equal operands have equal bodies but for those.
  const over = matchingAxes(base, centered, variance.over);
  if (!over) return undefined;
  const less = open(centered, "Sum");
  if (less) {
    for (const [x, mean] of either(less.args)) {
      const { factor, body: m } = withoutFactor(mean);
      const average = open(m, "ReduceMean");
      if (factor === -1 && average && matchingAxes(average.args[0]!, x, average.over)) {
        return { type: "LN", eps: eps.value, x, over };
      }
    }
  }
  return { type: "RMS", eps: eps.value, x: centered, over };
}

function squareOf(body: Body): Body | undefined {
  const power = open(body, "Pow");
  if (power && power.args[1]?.k === "num" && power.args[1].value === 2) return power.args[0];
  const product = open(body, "Product");
  return product && same(product.args[0]!, product.args[1]!) ? product.args[0] : undefined;
}

/** The coordinates of `outer` that stand where `over` stands in `inner`, if the two are the same otherwise. */
function matchingAxes(inner: Body, outer: Body, over: readonly Var[]): Var[] | undefined {
  const found = new Map<Var, Var>();
  return pair(inner, outer, new Set(over), found) && found.size === over.length
    ? over.map((v) => found.get(v)!)
    : undefined;
}

function pair(a: Body, b: Body, free: ReadonlySet<Var>, found: Map<Var, Var>): boolean {
  if (a.k !== b.k) return false;
  const all = (xs: readonly Body[], ys: readonly Body[]) =>
    xs.length === ys.length && xs.every((x, i) => pair(x, ys[i]!, free, found));
  if (a.k === "at" && b.k === "at") {
    const [va, vb] = [[...a.terms.keys()], [...b.terms.keys()]];
    if (va.length !== vb.length || !a.c.equals(b.c)) return false;
    return va.every((v, i) => {
      const w = vb[i]!;
      if (!a.terms.get(v)!.equals(b.terms.get(w)!)) return false;
      if (!free.has(v)) return v === w;
      if (found.has(v)) return found.get(v) === w;
      found.set(v, w);
      return true;
    });
  }
  if (a.k === "act" && b.k === "act") return a.anchor === b.anchor && all(a.index, b.index);
  if (a.k === "const" && b.k === "const") return a.name === b.name && all(a.index, b.index);
  if (a.k === "input" && b.k === "input") return a.name === b.name && all(a.index, b.index);
  if (a.k === "op" && b.k === "op") return a.op === b.op && all(a.args, b.args);
  if (a.k === "num" && b.k === "num") return a.value === b.value;
  return same(a, b);
}
