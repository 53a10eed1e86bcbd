/** @file Reads operations that work element by element. */

import { Size } from "@diopter/graph";
import { Refusal } from "../refusal";
import { type Body, hasAct, num } from "./body";
import { align, type Field } from "./field";
import { asField, fieldOf, type Meaning, type Nums, nums } from "./meaning";
import type { Scope } from "./scope";
import { op } from "./simplify";

const COMPARISONS = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"];
export const BINARY: readonly string[] = [
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Pow",
  "And",
  "Or",
  "Mod",
  ...COMPARISONS,
];
/** Functions of one number that an activation keeps its name under only as something new. */
export const UNARY: readonly string[] = [
  "Sqrt",
  "Reciprocal",
  "Exp",
  "Log",
  "Erf",
  "Tanh",
  "Sigmoid",
  "Relu",
  "Cos",
  "Sin",
  "Abs",
  "Floor",
  "Ceil",
  "Not",
  "Gelu",
  "FastGelu",
  "QuickGelu",
  "Silu",
  "Swish",
  "LeakyRelu",
  "Elu",
  "HardSwish",
  "Softplus",
  "Clip",
  "Sign",
  "Round",
];

export function binary(s: Scope, name: string): Meaning {
  const [a, b] = [s.input(0), s.input(1)];
  if (a.kind === "nums" && b.kind === "nums")
    return onNums(
      a,
      b,
      (x, y) => sizeOp(name, x, y, a.int && b.int),
      COMPARISONS.includes(name) || (a.int && b.int),
    );
  return asField(combine(s, name, fieldOf(a), fieldOf(b)));
}

/** Two fields under an operation; a sum or product of two activations is something new. */
export function combine(s: Scope, name: string, first: Field, second: Field): Field {
  const { dims, x, y } = align(first, second);
  if (!hasAct(x) && !hasAct(y)) return { dims, body: op(name, [x, y]) };
  if (hasAct(x) && hasAct(y)) {
    if (isPlain(x) && isPlain(y)) {
      if (name === "Add") return s.anchor("Sum", dims, [x, y]);
      if (name === "Sub") return s.anchor("Sum", dims, [x, op("Neg", [y])]);
      return s.anchor(name === "Mul" ? "Product" : name, dims, [x, y]);
    }
    if (name === "Add" || name === "Sub") return { dims, body: op(name, [x, y]) };
    return s.anchor(name, dims, [x, y]);
  }
  const linear =
    name === "Add" || name === "Sub" || name === "Mul" || (name === "Div" && hasAct(x));
  if (linear || COMPARISONS.includes(name)) return { dims, body: op(name, [x, y]) };
  return s.anchor(name, dims, [x, y]);
}

/** An activation, scaled and shifted by constants at most. */
export function isPlain(body: Body): boolean {
  if (body.k === "act" || body.k === "const" || body.k === "num" || body.k === "size") return true;
  return (
    body.k === "op" && ["Add", "Sub", "Mul", "Div"].includes(body.op) && body.args.every(isPlain)
  );
}

export function unary(s: Scope, name: string): Meaning {
  const meaning = s.input(0);
  if (meaning.kind === "nums") {
    const items = meaning.items.map((item) => {
      const body = item.value === undefined ? undefined : op(name, [num(item.value)]);
      if (body?.k !== "num") throw new Refusal("a function of a size");
      return Size.of(body.value);
    });
    return nums(items, meaning.shape, meaning.int && name !== "Sqrt");
  }
  const { dims, body } = fieldOf(meaning);
  if (!hasAct(body)) return asField({ dims, body: op(name, [body]) });
  if (name === "Neg") return asField({ dims, body: op("Neg", [body]) });
  return asField(s.anchor(name, dims, [body], [], attributesOf(s)));
}

function attributesOf(s: Scope): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(s.node.attrs).map(([name, { value }]) => [
      name,
      typeof value === "bigint" ? Number(value) : value,
    ]),
  );
}

export function whereOp(s: Scope): Meaning {
  const [c, x, y] = [s.input(0), s.input(1), s.input(2)];
  if (c.kind === "nums" && x.kind === "nums" && y.kind === "nums") {
    const count = Math.max(c.items.length, x.items.length, y.items.length);
    const shape = [c, x, y].find(({ items }) => items.length === count)!.shape;
    const item = (m: Nums, i: number) => m.items[m.items.length === 1 ? 0 : i]!;
    const items = Array.from({ length: count }, (_, i) =>
      item(c, i).key === "0" ? item(y, i) : item(x, i),
    );
    return nums(items, shape, x.int);
  }
  const xy = align(fieldOf(x), fieldOf(y));
  // Both branches follow whatever the condition does to the coordinates.
  const withX = align(fieldOf(c), { dims: xy.dims, body: xy.x });
  const withY = align(fieldOf(c), { dims: xy.dims, body: xy.y });
  const same = align({ dims: withX.dims, body: withX.x }, { dims: withY.dims, body: withY.y });
  const branch = align({ dims: withX.dims, body: withX.y }, { dims: withY.dims, body: num(0) });
  return asField({ dims: same.dims, body: op("Where", [same.x, branch.x, same.y]) });
}

function onNums(a: Nums, b: Nums, f: (x: Size, y: Size) => Size, int: boolean): Nums {
  const count =
    a.items.length === 0 || b.items.length === 0 ? 0 : Math.max(a.items.length, b.items.length);
  const item = (m: Nums, i: number) => m.items[m.items.length === 1 ? 0 : i];
  const items = Array.from({ length: count }, (_, i) => {
    const [x, y] = [item(a, i), item(b, i)];
    if (!x || !y) throw new Refusal("numbers of different lengths meet");
    return f(x, y);
  });
  const longer =
    a.items.length === b.items.length
      ? a.shape.length >= b.shape.length
      : a.items.length > b.items.length;
  return nums(items, longer ? a.shape : b.shape, int);
}

function sizeOp(name: string, x: Size, y: Size, int: boolean): Size {
  if (name === "Add") return x.plus(y);
  if (name === "Sub") return x.minus(y);
  if (name === "Mul") return x.times(y);
  const [a, b] = [x.value, y.value];
  if (a !== undefined && b !== undefined) {
    if (name === "Div") return Size.of(int ? Math.trunc(a / b) : a / b);
    const result = op(name, [num(a), num(b)]);
    if (result.k === "num") return Size.of(result.value);
  }
  if (name === "Div") {
    const quotient = x.over(y);
    if (quotient) return quotient;
  }
  const gap = x.minus(y);
  const larger = gap.positive;
  const smaller = y.minus(x).positive;
  if (larger || smaller || gap.key === "0") {
    const [l, e] = [larger ? 1 : 0, gap.key === "0" ? 1 : 0];
    const answers: Readonly<Record<string, number>> = {
      Equal: e,
      Greater: l,
      GreaterOrEqual: l | e,
      Less: smaller ? 1 : 0,
      LessOrEqual: (smaller ? 1 : 0) | e,
    };
    if (answers[name] !== undefined) return Size.of(answers[name]);
    if (name === "Max") return larger ? x : y;
    if (name === "Min") return larger ? y : x;
  }
  throw new Refusal(`${name} of ${x.key} and ${y.key} depends on the run`);
}

/** The largest or smallest of several. */
export function extreme(s: Scope, name: "Max" | "Min"): Meaning {
  let result = s.input(0);
  for (let i = 1; i < s.node.inputs.length; i++) {
    const other = s.input(i);
    if (result.kind === "nums" && other.kind === "nums")
      result = onNums(result, other, (x, y) => sizeOp(name, x, y, true), result.int);
    else result = asField(combine(s, name, fieldOf(result), fieldOf(other)));
  }
  return result;
}
