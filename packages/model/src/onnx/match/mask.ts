/** @file Which keys a query may see: causal, padding and window masks, made of Range and LessOrEqual, Trilu, or triangular constants. */

import type { Initializer } from "@diopter/graph";
import { asAffine, asVar, type Body, type Var } from "../read/body";
import { op } from "../read/simplify";
import { Refusal } from "../refusal";
import { describe, open, same } from "./query";

/** What a mask forbids. */
export interface Mask {
  readonly causal: boolean;
  readonly padding: boolean;
  /** Keys that a query sees, itself included. */
  readonly window: number | undefined;
  /** The input that says which tokens are there. */
  readonly input: string | undefined;
}

export const NO_MASK: Mask = { causal: false, padding: false, window: undefined, input: undefined };

interface Place {
  readonly query: Var | undefined;
  readonly key: Var;
  readonly constants: (name: string) => Initializer | undefined;
}

/** Both masks at once. */
export function both(a: Mask, b: Mask): Mask {
  const windows = [a.window, b.window].filter((w) => w !== undefined);
  return {
    causal: a.causal || b.causal,
    padding: a.padding || b.padding,
    window: windows.length > 0 ? Math.min(...windows) : undefined,
    input: a.input ?? b.input,
  };
}

/** A mask that is added to scores: 0 where a key is seen, very negative where not. */
export function additiveMask(body: Body, place: Place): Mask {
  if (body.k === "num") {
    if (body.value === 0) return NO_MASK;
    throw new Refusal(`a mask adds ${body.value} everywhere`);
  }
  if (body.k === "op") {
    const [x, y, z] = body.args as [Body, Body, Body];
    if (body.op === "Add") return both(additiveMask(x, place), additiveMask(y, place));
    if (body.op === "Where") {
      // Where (1 - mask) is not true it is 0, which adds nothing.
      if (isFar(y) && same(x, z)) return condition(op("Not", [x]), place);
      if (isFar(y)) return both(condition(op("Not", [x]), place), additiveMask(z, place));
      if (isFar(z)) return both(condition(x, place), additiveMask(y, place));
    }
    // (1 - mask) * min
    if (body.op === "Mul") {
      if (isFar(y)) return condition(op("Not", [x]), place);
      if (isFar(x)) return condition(op("Not", [y]), place);
    }
    if (body.op === "Max" || body.op === "Min") {
      const number = [x, y].find((b) => b.k === "num");
      if (number && isFar(number)) return additiveMask(number === x ? y : x, place);
    }
  }
  if (body.k === "const") return constantMask(body, place, true);
  throw new Refusal(`a mask of ${describe(body)}`);
}

/** Whether a number is so negative that nothing is left after the softmax. */
export function isFar(body: Body): boolean {
  return body.k === "num" && body.value <= -1000;
}

/** When a key is seen, as a condition. */
export function condition(body: Body, place: Place): Mask {
  if (body.k === "num") {
    if (body.value) return NO_MASK;
    throw new Refusal("a mask that hides everything");
  }
  if (body.k === "input") return padding(body, place);
  if (body.k === "const") return constantMask(body, place, false);
  if (body.k !== "op") throw new Refusal(`a mask of ${describe(body)}`);
  const [x, y, z] = body.args as [Body, Body, Body];
  switch (body.op) {
    case "And":
      return both(condition(x, place), condition(y, place));
    case "Mul":
      return both(condition(x, place), condition(y, place));
    case "Not":
      return negated(x, place);
    case "Where":
      if (isTrue(y) && isFalse(z)) return condition(x, place);
      if (isFalse(y)) return both(condition(op("Not", [x]), place), condition(z, place));
      if (isFalse(z)) return both(condition(x, place), condition(y, place));
      break;
    case "Greater":
    case "GreaterOrEqual":
    case "Less":
    case "LessOrEqual":
      return comparison(body.op, x, y, place);
    case "Equal":
      if (y.k === "num" && y.value === 1) return condition(x, place);
      if (x.k === "num" && x.value === 1) return condition(y, place);
      break;
    default:
  }
  throw new Refusal(`a mask of ${describe(body)}`);
}

const OPPOSITE: Readonly<Record<string, string>> = {
  Greater: "LessOrEqual",
  GreaterOrEqual: "Less",
  Less: "GreaterOrEqual",
  LessOrEqual: "Greater",
};

/** When a key is not seen. */
function negated(body: Body, place: Place): Mask {
  if (body.k === "op") {
    const [x, y] = body.args as [Body, Body];
    if (body.op === "Not") return condition(x, place);
    const opposite = OPPOSITE[body.op];
    if (opposite) return condition(op(opposite, [x, y]), place);
    if (body.op === "Equal") {
      if (isFalse(y)) return condition(x, place);
      if (isFalse(x)) return condition(y, place);
      if (isTrue(y)) return negated(x, place);
    }
    if (body.op === "Or") return both(negated(x, place), negated(y, place));
    // 1 - mask
    if (body.op === "Sub" && isTrue(x)) return condition(y, place);
    if (body.op === "Add") {
      const { body: act, bias } = negatedTerm(body);
      if (bias === 1 && act) return condition(act, place);
    }
    if (body.op === "Where") {
      const [c, a, b] = body.args as [Body, Body, Body];
      if (isTrue(a)) return both(negated(c, place), negated(b, place));
      if (isFalse(a) && isTrue(b)) return condition(c, place);
      if (isFalse(b)) return negated(c, place);
    }
  }
  if (body.k === "num") return condition({ k: "num", value: body.value ? 0 : 1 }, place);
  throw new Refusal(`a mask of what is not ${describe(body)}`);
}

/** `1 + (-1) x`. */
function negatedTerm(body: Body): { body: Body | undefined; bias: number | undefined } {
  if (body.k !== "op") return { body: undefined, bias: undefined };
  for (const [a, b] of [body.args, [...body.args].reverse()] as [Body, Body][]) {
    if (
      a.k === "num" &&
      b.k === "op" &&
      b.op === "Mul" &&
      b.args[1]!.k === "num" &&
      b.args[1]!.value === -1
    ) {
      return { body: b.args[0], bias: a.value };
    }
  }
  return { body: undefined, bias: undefined };
}

function isTrue(body: Body): boolean {
  return body.k === "num" && body.value === 1;
}

function isFalse(body: Body): boolean {
  return body.k === "num" && body.value === 0;
}

/** `key <= query` and `key > query - window`. */
function comparison(name: string, x: Body, y: Body, place: Place): Mask {
  if (x.k === "input" && isFalse(y) && name === "Greater") return padding(x, place);
  if (y.k === "input" && isFalse(x) && name === "Less") return padding(y, place);
  const swapped = name.startsWith("Greater");
  const [less, more] = swapped ? [y, x] : [x, y];
  const length = matchLength(less, more, place.key);
  if (length && !name.endsWith("OrEqual")) return { ...NO_MASK, padding: true, input: length };
  // less <= more + slack
  const gap = asAffine(op("Sub", [less, more]));
  const slack = name.endsWith("OrEqual") ? 0 : -1;
  const { query, key } = place;
  const [q, k] = [query && gap?.terms.get(query)?.value, gap?.terms.get(key)?.value];
  const c = gap?.c.value;
  if (gap === undefined || c === undefined || gap.terms.size !== 2)
    throw new Refusal("a mask compares other things than positions");
  if (k === 1 && q === -1 && slack - c === 0) return { ...NO_MASK, causal: true };
  // q - k <= slack - c: the query sees keys up to that far back.
  if (q === 1 && k === -1 && slack - c >= 0) return { ...NO_MASK, window: slack - c + 1 };
  throw new Refusal(`a mask of positions that is neither causal nor a window`);
}

/** Keys below the number of tokens that are there: the input whose sum is that number. */
function matchLength(less: Body, more: Body, key: Var): string | undefined {
  const [sum] = open(more, "ReduceSum")?.args ?? [];
  return asVar(less) === key && sum?.k === "input" ? sum.name : undefined;
}

function padding(body: Body & { k: "input" }, { key }: Place): Mask {
  const last = body.index.at(-1);
  if (last?.k === "at" && last.terms.size === 1 && last.terms.has(key)) {
    return { ...NO_MASK, padding: true, input: body.name };
  }
  throw new Refusal(`a mask of input "${body.name}" that is not about keys`);
}

/** A triangle of ones, kept as a constant. */
function constantMask(
  body: Body & { k: "const" },
  { query, key, constants }: Place,
  additive: boolean,
): Mask {
  const tensor = constants(body.name);
  const [row, column] = body.index.slice(-2) as [Body, Body];
  const along = (b: Body | undefined, v: Var | undefined) =>
    b?.k === "at" &&
    v !== undefined &&
    b.terms.size === 1 &&
    b.terms.get(v)?.key === "1" &&
    b.c.key === "0";
  if (!tensor || !("data" in tensor) || !along(row, query) || !along(column, key))
    throw new Refusal(`a mask of ${describe(body)}`);
  const [rows, columns] = tensor.shape.slice(-2) as [number, number];
  const seen = (i: number) =>
    additive ? Number(tensor.data[i]) === 0 : Number(tensor.data[i]) !== 0;
  let window = 0;
  for (let q = 0; q < rows; q++) {
    for (let k = 0; k < columns; k++) {
      if (!seen(q * columns + k)) continue;
      if (k > q) throw new Refusal(`weight "${body.name}" is no triangle`);
      window = Math.max(window, q - k + 1);
    }
  }
  for (let q = 0; q < rows; q++) {
    for (let k = Math.max(0, q - window + 1); k <= Math.min(q, columns - 1); k++) {
      if (!seen(q * columns + k)) throw new Refusal(`weight "${body.name}" is no triangle`);
    }
  }
  return { ...NO_MASK, causal: true, window: window < rows ? window : undefined };
}
