/** @file A tensor as a function of its coordinates, and the layout operations on it. */

import { Size } from "@diopter/graph";
import { Refusal } from "../refusal";
import { affine, asAffine, at, type Body, freshVar, num, type Var } from "./body";
import { op, substitute } from "./simplify";

/** Each dimension is a list of coordinates, outer first; an empty list is a dimension of size 1. */
export interface Field {
  readonly dims: readonly (readonly Var[])[];
  readonly body: Body;
}

export function sizeOfDim(dim: readonly Var[]): Size {
  return Size.product(dim.map((v) => v.size));
}

/** The same tensor under coordinates of its own. */
export function fresh(field: Field): Field {
  const by = new Map<Var, Body>();
  const dims = field.dims.map((dim) =>
    dim.map((v) => {
      const own = freshVar(v.size);
      by.set(v, at(own));
      return own;
    }),
  );
  return { dims, body: substitute(field.body, by) };
}

/** Coordinates for a tensor of these sizes, one per dimension. */
export function freshDims(sizes: readonly Size[]): Var[][] {
  return sizes.map((size) => (size.key === "1" ? [] : [freshVar(size)]));
}

/** A coordinate as outer and inner; `by` gains what stands for it. */
export function splitVar(v: Var, outer: Size, inner: Size, by: Map<Var, Body>): [Var, Var] {
  const [o, i] = [freshVar(outer), freshVar(inner)];
  by.set(
    v,
    affine(
      Size.of(0),
      new Map([
        [o, inner],
        [i, Size.one],
      ]),
    ),
  );
  return [o, i];
}

/** Regroups all coordinates into dimensions of the given sizes; a size of -1 takes what is left, as in ONNX. */
export function reshape(field: Field, asked: readonly Size[], keepZero = false): Field {
  const sizes = asked.map((size, i) =>
    size.key === "0" && !keepZero ? sizeOfDim(field.dims[i] ?? []) : size,
  );
  const total = sizeOfDim(field.dims.flat());
  const unknown = sizes.findIndex((size) => size.key === "-1");
  if (unknown >= 0) {
    const rest = total.over(Size.product(sizes.filter((_, i) => i !== unknown)));
    if (!rest) throw new Refusal("cannot tell a dimension of the reshape");
    sizes[unknown] = rest;
  }
  const queue = field.dims.flat();
  const by = new Map<Var, Body>();
  const dims = sizes.map((size) => {
    const dim: Var[] = [];
    let need = size;
    while (need.key !== "1") {
      const v = queue.shift();
      if (!v)
        throw new Refusal(
          `reshape to [${sizes.map((s) => s.key)}] from [${field.dims.map((d) => sizeOfDim(d).key)}]`,
        );
      const rest = need.over(v.size);
      if (rest) {
        dim.push(v);
        need = rest;
        continue;
      }
      const inner = v.size.over(need);
      if (!inner) throw new Refusal(`reshape cuts a dimension of ${v.size.key} by ${need.key}`);
      const [o, i] = splitVar(v, need, inner, by);
      // What was split may itself stand for another coordinate by now.
      expressed(by, v);
      dim.push(o);
      queue.unshift(i);
      need = Size.one;
    }
    return dim;
  });
  if (queue.length > 0) throw new Refusal("reshape loses elements");
  return rejoined({ dims, body: substitute(field.body, by) });
}

/** A dimension that was cut and put together again is one coordinate again. */
function rejoined({ dims, body }: Field): Field {
  let whole = body;
  const joined = dims.map((dim) => {
    const found = joinCoordinates(whole, dim);
    if (!found) return dim;
    whole = found.body;
    return [found.joined];
  });
  return { dims: joined, body: whole };
}

export function transpose(field: Field, perm: readonly number[]): Field {
  return { dims: perm.map((axis) => field.dims[axis]!), body: field.body };
}

/** A dimension as one coordinate, where it is several. */
export function joined(field: Field, axis: number): Field {
  const dim = field.dims[axis]!;
  if (dim.length < 2) return field;
  throw new Refusal("a part of a dimension that is made of several");
}

/** What `index` picks along an axis, in the place of that dimension. */
export function pickAlong(
  field: Field,
  axis: number,
  index: Body,
  indexDims: readonly (readonly Var[])[],
): Field {
  const dim = field.dims[axis]!;
  const by = coordinatesOf(dim, index);
  return {
    dims: [...field.dims.slice(0, axis), ...indexDims, ...field.dims.slice(axis + 1)],
    body: substitute(field.body, by),
  };
}

/** What the coordinates of a dimension are at a flat position. */
export function coordinatesOf(dim: readonly Var[], index: Body): Map<Var, Body> {
  if (dim.length === 0) return new Map();
  if (dim.length === 1) return new Map([[dim[0]!, index]]);
  if (index.k !== "at" || index.c.key !== "0")
    throw new Refusal("an index into several joined dimensions");
  const by = new Map<Var, Body>();
  let stride = Size.one;
  for (const v of [...dim].reverse()) {
    const found = [...index.terms].find(([w, n]) => n.equals(stride) && w.size.equals(v.size));
    if (!found) throw new Refusal("an index into several joined dimensions");
    by.set(v, at(found[0]));
    stride = stride.times(v.size);
  }
  if (by.size !== index.terms.size) throw new Refusal("an index into several joined dimensions");
  return by;
}

/** Elements `start`, `start + step`, ... along an axis. */
export function slice(field: Field, axis: number, start: Size, count: Size, step: number): Field {
  const dim = field.dims[axis]!;
  if (start.key === "0" && step === 1 && count.equals(sizeOfDim(dim))) return field;
  const whole = wholeParts(dim, start, count, step);
  if (whole) {
    const dims = field.dims.map((d, i) => (i === axis ? whole.dim : d));
    return { dims, body: substitute(field.body, whole.by) };
  }
  joined(field, axis);
  const v = freshVar(count);
  const single = count.key === "1";
  const index = affine(start, single ? new Map() : new Map([[v, Size.of(step)]]));
  const body = dim.length === 0 ? field.body : substitute(field.body, new Map([[dim[0]!, index]]));
  return { dims: field.dims.map((d, i) => (i === axis ? (single ? [] : [v]) : d)), body };
}

/** A slice of a joined dimension that takes whole inner parts. */
function wholeParts(dim: readonly Var[], start: Size, count: Size, step: number) {
  if (dim.length < 2 || step !== 1) return undefined;
  const [outer, ...inner] = dim as [Var, ...Var[]];
  const part = sizeOfDim(inner);
  const [from, many] = [start.key === "0" ? start : start.over(part), count.over(part)];
  if (!from || !many) return undefined;
  const v = freshVar(many);
  const single = many.key === "1";
  return {
    dim: single ? inner : [v, ...inner],
    by: new Map([[outer, affine(from, single ? new Map() : new Map([[v, Size.one]]))]]),
  };
}

/** Pieces one after the other along an axis; pieces without elements are left out. */
export function concat(fields: readonly Field[], axis: number): Field {
  const pieces = fields.filter((f) => sizeOfDim(f.dims[axis]!).key !== "0");
  if (pieces.length === 1) return pieces[0]!;
  const [first, ...others] = pieces.map(fresh) as [Field, ...Field[]];
  let dims = first.dims;
  let from = 0;
  const total = pieces.reduce((sum, f) => sum.plus(sizeOfDim(f.dims[axis]!)), Size.of(0));
  const v = freshVar(total);
  const cases = [first, ...others].map((piece) => {
    const count = sizeOfDim(piece.dims[axis]!).value;
    if (count === undefined) throw new Refusal("parts of unknown size side by side");
    let { body } = joined(piece, axis);
    if (piece !== first) {
      const aligned = align(
        { dims: dims.filter((_, i) => i !== axis), body: num(0) },
        { dims: piece.dims.filter((_, i) => i !== axis), body },
      );
      body = aligned.y;
      dims = [...aligned.dims.slice(0, axis), [v], ...aligned.dims.slice(axis)];
    }
    const own = piece.dims[axis]![0];
    if (own) body = substitute(body, new Map([[own, op("Add", [at(v), num(-from)])]]));
    const made = { from, to: from + count, body };
    from += count;
    return made;
  });
  return {
    dims: dims.map((d, i) => (i === axis ? [v] : d)),
    body: { k: "pick", on: at(v), cases },
  };
}

/** Both bodies over the same coordinates, dimensions of size 1 repeated; ranks are brought together at the right. */
export function align(x: Field, second: Field): { dims: Var[][]; x: Body; y: Body } {
  const y = fresh(second);
  const rank = Math.max(x.dims.length, y.dims.length);
  const dimOf = (f: Field, i: number) => f.dims[i - (rank - f.dims.length)] ?? [];
  const [byX, byY] = [new Map<Var, Body>(), new Map<Var, Body>()];
  const dims = Array.from({ length: rank }, (_, i) => {
    const [dx, dy] = [dimOf(x, i), dimOf(y, i)];
    if (dx.length === 0) return [...dy];
    return dy.length === 0 ? [...dx] : unify(dx, dy, byX, byY);
  });
  return { dims, x: substitute(x.body, byX), y: substitute(y.body, byY) };
}

/** One list of coordinates for both; `byX` and `byY` gain what stands for the former ones. */
export function unify(
  dx: readonly Var[],
  dy: readonly Var[],
  byX: Map<Var, Body>,
  byY: Map<Var, Body>,
): Var[] {
  const [xs, ys] = [[...dx], [...dy]];
  const dim: Var[] = [];
  while (xs.length > 0 && ys.length > 0) {
    const [a, b] = [xs.shift()!, ys.shift()!];
    if (a.size.equals(b.size)) {
      byY.set(b, at(a));
      expressed(byY, b);
      dim.push(a);
      continue;
    }
    const [rest, other] = [a.size.over(b.size), b.size.over(a.size)];
    if (!rest && !other) throw new Refusal(`dimensions of ${a.size.key} and ${b.size.key} meet`);
    xs.unshift(...(rest ? renamed(splitVar(a, b.size, rest, byX), byX, a) : [a]));
    ys.unshift(...(other ? renamed(splitVar(b, a.size, other, byY), byY, b) : [b]));
  }
  if (xs.length + ys.length > 0) throw new Refusal("dimensions of different sizes meet");
  return dim;
}

/** After `v` was split, whatever was expressed by `v` is expressed by its parts. */
function renamed(parts: [Var, Var], by: Map<Var, Body>, v: Var): [Var, Var] {
  expressed(by, v);
  return parts;
}

/** Puts what now stands for `v` into what stood for others in terms of `v`. */
function expressed(by: Map<Var, Body>, v: Var): void {
  const own = new Map([[v, by.get(v)!]]);
  for (const [w, body] of by) if (w !== v) by.set(w, substitute(body, own));
}

/** `body` in terms of one coordinate for all of `vars` (outer first), or undefined when it does not go together. */
export function joinCoordinates(
  body: Body,
  vars: readonly Var[],
): { body: Body; joined: Var } | undefined {
  if (vars.length < 2) return undefined;
  const joined = freshVar(Size.product(vars.map((v) => v.size)));
  const strides = vars.map((_, i) => Size.product(vars.slice(i + 1).map((v) => v.size)));
  const replaced = replace(body);
  return replaced && { body: replaced, joined };

  function replace(b: Body): Body | undefined {
    switch (b.k) {
      case "num":
      case "size":
        return b;
      case "at":
        return replaceAffine(b);
      case "input":
      case "const":
      case "act": {
        const index = b.index.map(replace);
        return index.includes(undefined) ? undefined : { ...b, index: index as Body[] };
      }
      case "op": {
        const args = b.args.map(replace);
        return args.includes(undefined) ? undefined : op(b.op, args as Body[]);
      }
      case "pick": {
        const on = replace(b.on);
        const bodies = b.cases.map((piece) => replace(piece.body));
        if (!on || bodies.includes(undefined)) return undefined;
        return {
          k: "pick",
          on,
          cases: b.cases.map((piece, i) => ({ ...piece, body: bodies[i]! })),
        };
      }
    }
  }

  function replaceAffine(b: Body): Body | undefined {
    const { c, terms } = asAffine(b)!;
    const present = vars.filter((v) => terms.has(v));
    if (present.length === 0) return b;
    const unit = terms.get(vars.at(-1)!);
    if (!unit || !vars.every((v, i) => terms.get(v)?.equals(strides[i]!.times(unit))))
      return undefined;
    const rest = new Map([...terms].filter(([v]) => !vars.includes(v)));
    return affine(c, rest.set(joined, unit));
  }
}
