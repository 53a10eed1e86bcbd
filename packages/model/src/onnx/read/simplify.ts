/** @file Puts bodies together and puts coordinates into bodies, simplifying on the way. */

import { Size } from "@diopter/graph";
import { affine, asAffine, type Body, keyOf, num, type Var } from "./body";

/** A body with other things in the place of some coordinates. */
export function substitute(body: Body, by: ReadonlyMap<Var, Body>): Body {
  if (by.size === 0) return body;
  const each = (bodies: readonly Body[]) => bodies.map((b) => substitute(b, by));
  switch (body.k) {
    case "num":
    case "size":
      return body;
    case "at":
      return substituteAffine(body.c, body.terms, by);
    case "input":
      return { ...body, index: each(body.index) };
    case "const":
      return { ...body, index: each(body.index) };
    case "act":
      return { ...body, index: each(body.index) };
    case "op":
      return op(body.op, each(body.args));
    case "pick": {
      const on = substitute(body.on, by);
      if (on.k === "num") {
        const piece = body.cases.find(({ from, to }) => on.value >= from && on.value < to);
        if (piece) return substitute(piece.body, by);
      }
      return {
        k: "pick",
        on,
        cases: body.cases.map((p) => ({ ...p, body: substitute(p.body, by) })),
      };
    }
  }
}

function substituteAffine(
  c: Size,
  terms: ReadonlyMap<Var, Size>,
  by: ReadonlyMap<Var, Body>,
): Body {
  let sum: Body = affine(c, new Map());
  for (const [v, n] of terms) {
    const value = by.get(v) ?? {
      k: "at" as const,
      c: Size.of(0),
      terms: new Map([[v, Size.of(1)]]),
    };
    sum = op("Add", [sum, op("Mul", [value, affine(n, new Map())])]);
  }
  return sum;
}

const NUMERIC: Readonly<Record<string, (...x: number[]) => number>> = {
  Neg: (x) => -x!,
  Sqrt: (x) => Math.sqrt(x!),
  Reciprocal: (x) => 1 / x!,
  Abs: (x) => Math.abs(x!),
  Exp: (x) => Math.exp(x!),
  Log: (x) => Math.log(x!),
  Floor: (x) => Math.floor(x!),
  Ceil: (x) => Math.ceil(x!),
  Cos: (x) => Math.cos(x!),
  Sin: (x) => Math.sin(x!),
  Not: (x) => (x ? 0 : 1),
  Pow: (x, y) => x! ** y!,
  Max: (...x) => Math.max(...x),
  Min: (...x) => Math.min(...x),
  Mod: (x, y) => x! % y!,
  And: (x, y) => (x && y ? 1 : 0),
  Or: (x, y) => (x || y ? 1 : 0),
  Equal: (x, y) => (x === y ? 1 : 0),
  Less: (x, y) => (x! < y! ? 1 : 0),
  LessOrEqual: (x, y) => (x! <= y! ? 1 : 0),
  Greater: (x, y) => (x! > y! ? 1 : 0),
  GreaterOrEqual: (x, y) => (x! >= y! ? 1 : 0),
};

/** An operation on bodies, element by element. */
export function op(name: string, args: readonly Body[]): Body {
  const numbers = args.map((arg) => (arg.k === "num" ? arg.value : undefined));
  const numeric = NUMERIC[name];
  if (numeric && numbers.every((n) => n !== undefined))
    return num(numeric(...(numbers as number[])));
  const [x, y] = args as [Body, Body];
  switch (name) {
    case "Add":
      return add(x, y);
    case "Sub":
      return y.k === "num"
        ? add(x, num(-y.value))
        : asAffine(x) && asAffine(y)
          ? add(x, mul(y, num(-1)))
          : plainOp(name, args);
    case "Mul":
      return mul(x, y);
    case "Div":
      return y.k === "num" ? mul(x, num(1 / y.value)) : plainOp(name, args);
    case "Neg":
      return mul(x, num(-1));
    case "Pow":
      return y.k === "num" && y.value === 1 ? x : plainOp(name, args);
    case "And":
      return numbers[0] === 1 ? y : numbers[1] === 1 ? x : plainOp(name, args);
    case "Or":
      return numbers[0] === 0 ? y : numbers[1] === 0 ? x : plainOp(name, args);
    case "Not":
      return x.k === "op" && x.op === "Not" ? x.args[0]! : plainOp(name, args);
    case "Where":
      return where(args);
    default:
      return plainOp(name, args);
  }
}

function plainOp(name: string, args: readonly Body[]): Body {
  return { k: "op", op: name, args };
}

function add(x: Body, y: Body): Body {
  const [a, b] = [asAffine(x), asAffine(y)];
  if (a && b) {
    const terms = new Map(a.terms);
    for (const [v, n] of b.terms) terms.set(v, (terms.get(v) ?? Size.of(0)).plus(n));
    return affine(a.c.plus(b.c), terms);
  }
  if (x.k === "num" && x.value === 0) return y;
  if (y.k === "num" && y.value === 0) return x;
  return plainOp("Add", [x, y]);
}

/** The factor comes last, and factors of factors are multiplied. */
function mul(x: Body, y: Body): Body {
  if (y.k === "num" && y.value === 1) return x;
  const [a, b] = [asAffine(x), asAffine(y)];
  if (a && b && (b.terms.size === 0 || a.terms.size === 0)) {
    const [many, one] = b.terms.size === 0 ? [a, b.c] : [b, a.c];
    return affine(many.c.times(one), new Map([...many.terms].map(([v, n]) => [v, n.times(one)])));
  }
  if (x.k === "num") return y.k === "num" ? num(x.value * y.value) : mul(y, x);
  if (y.k === "num" && x.k === "op" && x.op === "Mul" && x.args[1]!.k === "num") {
    return mul(x.args[0]!, num(y.value * x.args[1]!.value));
  }
  return plainOp("Mul", [x, y]);
}

function where([condition, yes, no]: readonly Body[]): Body {
  if (condition!.k === "num") return condition!.value ? yes! : no!;
  if (yes!.k === "num" && no!.k === "num" && yes!.value === no!.value) return yes!;
  // A guard against rows that see nothing: NaN becomes 0, everything else stays.
  if (
    condition!.k === "op" &&
    condition!.op === "IsNaN" &&
    keyOf(condition!.args[0]!) === keyOf(no!)
  )
    return no!;
  return plainOp("Where", [condition!, yes!, no!]);
}
