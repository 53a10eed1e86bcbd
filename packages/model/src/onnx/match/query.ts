/** @file Questions that all patterns ask of a body: its factor, its bias, what an anchor was made of. */

import { type Anchor, type Body, exactKey, hasAct, type Var } from "../read/body";
import { op, substitute } from "../read/simplify";

/** A leaf of an activation, with the operands of its anchor in the coordinates of the leaf. */
export interface Opened {
  readonly anchor: Anchor;
  readonly args: readonly Body[];
  readonly over: readonly Var[];
  readonly index: readonly Body[];
}

/** What an activation is made of, if `body` is one and nothing else. */
export function open(body: Body, ...kinds: readonly string[]): Opened | undefined {
  if (body.k !== "act") return undefined;
  const { anchor, index } = body;
  if (kinds.length > 0 && !kinds.includes(anchor.kind)) return undefined;
  const by = new Map(anchor.axes.map((v, i) => [v, index[i]!] as const));
  return { anchor, args: anchor.args.map((arg) => substitute(arg, by)), over: anchor.over, index };
}

/** A body without its numeric factor. */
export function withoutFactor(body: Body): { factor: number; body: Body } {
  if (body.k === "op" && body.op === "Mul") {
    const [x, y] = body.args as [Body, Body];
    if (y.k === "num") {
      const inner = withoutFactor(x);
      return { factor: inner.factor * y.value, body: inner.body };
    }
  }
  return { factor: 1, body };
}

/** A body without what is added to it that is no activation. */
export function withoutBias(body: Body): { body: Body; bias: Body | undefined } {
  if (body.k === "op" && (body.op === "Add" || body.op === "Sub")) {
    const [x, y] = body.args as [Body, Body];
    const signed = body.op === "Sub" ? op("Neg", [y]) : y;
    if (hasAct(x) !== hasAct(y)) {
      const [act, rest] = hasAct(x) ? [x, signed] : [signed, x];
      const inner = withoutBias(act);
      return { body: inner.body, bias: inner.bias ? op("Add", [inner.bias, rest]) : rest };
    }
  }
  return { body, bias: undefined };
}

/** A body without the constant (no plain number) that it is multiplied by. */
export function withoutGain(body: Body): { body: Body; gain: Body | undefined } {
  if (body.k === "op" && body.op === "Mul") {
    const [x, y] = body.args as [Body, Body];
    if (hasAct(x) !== hasAct(y)) {
      const [act, gain] = hasAct(x) ? [x, y] : [y, x];
      const inner = withoutGain(act);
      return { body: inner.body, gain: inner.gain ? op("Mul", [inner.gain, gain]) : gain };
    }
  }
  return { body, gain: undefined };
}

/** Whether two bodies are the same in the same coordinates. */
export function same(x: Body, y: Body): boolean {
  return exactKey(x) === exactKey(y);
}

/** The operands of a binary operation in both orders. */
export function either(args: readonly Body[]): readonly (readonly [Body, Body])[] {
  const [x, y] = args as [Body, Body];
  return [
    [x, y],
    [y, x],
  ];
}

/** What a body is, for messages. */
export function describe(body: Body): string {
  if (body.k === "act") return `the result of ${body.anchor.label}`;
  if (body.k === "op") return `${body.op} of ${body.args.map(describe).join(" and ")}`;
  if (body.k === "const") return `weight "${body.name}"`;
  if (body.k === "input") return `input "${body.name}"`;
  if (body.k === "pick") return "parts side by side";
  return body.k === "num" ? String(body.value) : "positions";
}

/** The product of all factors of a body: one number and the rest. */
export function factors(body: Body, depth = 0): { factor: number; rest: Body[] } {
  if (body.k === "num") return { factor: body.value, rest: [] };
  const product = body.k === "op" && body.op === "Mul" ? body.args : open(body, "Product")?.args;
  // A product of more than that is no activation function.
  if (!product || depth > 6) return { factor: 1, rest: [body] };
  const parts = product.map((part) => factors(part, depth + 1));
  return {
    factor: parts.reduce((n, part) => n * part.factor, 1),
    rest: parts.flatMap((part) => part.rest),
  };
}
