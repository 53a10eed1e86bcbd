/** @file What one element of a value is, as an expression in the element's coordinates. */
import { Size } from "@diopter/graph";

/** A coordinate that runs from 0 to `size - 1`. */
export interface Var {
  readonly id: number;
  readonly size: Size;
}

/**
 * An element of a tensor: `q[b, h, t, k]` is `act(linear)[b, t, 6h + k] + const(bias)[6h + k]`.
 *
 * Layout operations change coordinates only, so that a value looks the same however an exporter reshaped it.
 */
export type Body =
  | { readonly k: "num"; readonly value: number }
  | { readonly k: "size"; readonly size: Size }
  /** A whole-number combination of coordinates. */
  | { readonly k: "at"; readonly c: Size; readonly terms: ReadonlyMap<Var, Size> }
  | { readonly k: "input"; readonly name: string; readonly index: readonly Body[] }
  | { readonly k: "const"; readonly name: string; readonly index: readonly Body[] }
  | { readonly k: "act"; readonly anchor: Anchor; readonly index: readonly Body[] }
  | { readonly k: "op"; readonly op: string; readonly args: readonly Body[] }
  /** Pieces side by side along one coordinate. */
  | { readonly k: "pick"; readonly on: Body; readonly cases: readonly Piece[] };

export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly body: Body;
}

/** The result of an operation that mixes elements: a product, a norm, a softmax, a sum of two activations. */
export interface Anchor {
  readonly id: number;
  readonly kind: string;
  readonly axes: readonly Var[];
  /** Operands in terms of `axes` and of the coordinate that is summed over. */
  readonly args: readonly Body[];
  /** The coordinates that are summed, or along which the operation normalizes. */
  readonly over: readonly Var[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** No activation is behind it: masks, positions, rotations. */
  readonly side: boolean;
  /** The node that made it, for messages. */
  readonly label: string;
}

let made = 0;

/** A coordinate of its own. */
export function freshVar(size: Size): Var {
  made += 1;
  return { id: made, size };
}

export function num(value: number): Body {
  return { k: "num", value };
}

/** A coordinate as a value. */
export function at(v: Var): Body {
  return { k: "at", c: Size.of(0), terms: new Map([[v, Size.one]]) };
}

/** `c` plus coordinates, as simple as it gets. */
export function affine(c: Size, terms: ReadonlyMap<Var, Size>): Body {
  const kept = new Map([...terms].filter(([, n]) => n.key !== "0"));
  if (kept.size > 0) return { k: "at", c, terms: kept };
  return c.value === undefined ? { k: "size", size: c } : num(c.value);
}

/** A body as a combination of coordinates, if it is one. */
export function asAffine(body: Body): { c: Size; terms: ReadonlyMap<Var, Size> } | undefined {
  if (body.k === "at") return body;
  if (body.k === "num") return { c: Size.of(body.value), terms: new Map() };
  if (body.k === "size") return { c: body.size, terms: new Map() };
  return undefined;
}

/** The single coordinate that a body is, if it is one. */
export function asVar(body: Body | undefined): Var | undefined {
  if (body?.k !== "at" || body.c.key !== "0" || body.terms.size !== 1) return undefined;
  const [v, n] = [...body.terms][0] as [Var, Size];
  return n.key === "1" ? v : undefined;
}

/** Coordinates in the order in which a body names them. */
export function varsOf(body: Body, found: Set<Var> = new Set()): Set<Var> {
  switch (body.k) {
    case "at":
      for (const v of body.terms.keys()) found.add(v);
      break;
    case "input":
    case "const":
    case "act":
      for (const index of body.index) varsOf(index, found);
      break;
    case "op":
      for (const arg of body.args) varsOf(arg, found);
      break;
    case "pick":
      varsOf(body.on, found);
      for (const piece of body.cases) varsOf(piece.body, found);
      break;
    default:
  }
  return found;
}

const counts = new WeakMap<Body, number>();

/** Parts of a body, shared ones as often as they are used. */
export function partsOf(body: Body): number {
  const known = counts.get(body);
  if (known !== undefined) return known;
  const inner =
    body.k === "op"
      ? body.args
      : body.k === "pick"
        ? body.cases.map((piece) => piece.body)
        : "index" in body
          ? body.index
          : [];
  const count = inner.reduce((sum, part) => sum + partsOf(part), 1);
  counts.set(body, count);
  return count;
}

/** Whether an activation of the model is in it, not only masks, positions and weights. */
export function hasAct(body: Body): boolean {
  if (body.k === "act") return !body.anchor.side;
  if (body.k === "op") return body.args.some(hasAct);
  if (body.k === "pick") return body.cases.some((piece) => hasAct(piece.body));
  return false;
}

/** Whether a weight is in it. */
export function hasConst(body: Body): boolean {
  if (body.k === "const") return true;
  if (body.k === "op") return body.args.some(hasConst);
  if (body.k === "pick") return body.cases.some((piece) => hasConst(piece.body));
  return false;
}

/** One text for bodies that are the same up to the names of coordinates; `names` gains a number for each in turn. */
export function keyOf(body: Body, names: Map<Var, number> = new Map()): string {
  return keyUnder(body, (v) => {
    if (!names.has(v)) names.set(v, names.size);
    return `v${names.get(v)}`;
  });
}

/** One text for bodies that are the same in the same coordinates. */
export function exactKey(body: Body): string {
  return keyUnder(body, (v) => `c${v.id}`);
}

function keyUnder(body: Body, name: (v: Var) => string): string {
  const of = (b: Body) => keyUnder(b, name);
  const list = (bodies: readonly Body[]) => bodies.map(of).join(",");
  switch (body.k) {
    case "num":
      return String(body.value);
    case "size":
      return `<${body.size.key}>`;
    case "at": {
      // The largest stride first, so that names do not depend on how the sum was built.
      const strides = [...body.terms].sort(([, a], [, b]) => (b.value ?? 1e15) - (a.value ?? 1e15));
      const terms = strides.map(([v, n]) => `${n.key}${name(v)}`);
      return `(${[body.c.key, ...terms].join("+")})`;
    }
    case "input":
      return `in:${body.name}[${list(body.index)}]`;
    case "const":
      return `w:${body.name}[${list(body.index)}]`;
    case "act":
      return `a${body.anchor.id}[${list(body.index)}]`;
    case "op":
      return `${body.op}(${list(body.args)})`;
    case "pick":
      return `pick(${of(body.on)};${body.cases.map((p) => `${p.from}-${p.to}:${of(p.body)}`).join(";")})`;
  }
}
