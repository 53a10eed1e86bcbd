/** @file Reads operations that mix elements: products, norms, softmax, reductions. */

import { Refusal } from "../refusal";
import { asVar, type Body, hasAct, num, type Var } from "./body";
import { combine } from "./elementwise";
import { align, type Field, fresh, transpose, unify } from "./field";
import { asField, type Meaning } from "./meaning";
import type { Scope } from "./scope";
import { op, substitute } from "./simplify";

export function matmul(s: Scope, first: Field, other: Field): Field {
  const x = first.dims.length === 1 ? { dims: [[], ...first.dims], body: first.body } : first;
  const second = other.dims.length === 1 ? { dims: [...other.dims, []], body: other.body } : other;
  const y = fresh(second);
  const [m, cx] = x.dims.slice(-2) as [Var[], Var[]];
  const [cy, n] = y.dims.slice(-2) as [Var[], Var[]];
  const [byX, byY] = [new Map<Var, Body>(), new Map<Var, Body>()];
  const over = unify(cx, cy, byX, byY);
  const batch = align(
    { dims: x.dims.slice(0, -2), body: substitute(x.body, byX) },
    { dims: y.dims.slice(0, -2), body: substitute(y.body, byY) },
  );
  // `align` gave y new coordinates for its batch only; the rest of it is as it was.
  const dims = [...batch.dims, m, n];
  if (over.length === 0) return { dims, body: op("Mul", [batch.x, batch.y]) };
  const kind = hasAct(batch.x) && hasAct(batch.y) ? "MatMul" : "Linear";
  const linear = kind === "Linear" && !hasAct(batch.x) && hasAct(batch.y);
  const result = s.anchor(kind, dims, linear ? [batch.y, batch.x] : [batch.x, batch.y], over, {
    rows: m.length,
    columns: n.length,
  });
  const shape = [...result.dims];
  if (first.dims.length === 1) shape.splice(-2, 1);
  if (other.dims.length === 1) shape.splice(-1, 1);
  return { dims: shape, body: result.body };
}

export function gemm(s: Scope): Meaning {
  const flip = (i: number, name: string) =>
    s.int(name, 0) ? transpose(s.field(i), [1, 0]) : s.field(i);
  let y = matmul(s, flip(0, "transA"), flip(1, "transB"));
  const alpha = s.float("alpha", 1);
  y = { dims: y.dims, body: op("Mul", [y.body, num(alpha)]) };
  if (!s.has(2)) return asField(y);
  const c = s.field(2);
  return asField(
    combine(s, "Add", y, { dims: c.dims, body: op("Mul", [c.body, num(s.float("beta", 1))]) }),
  );
}

/** LayerNormalization and its relative without a mean, with gain and bias. */
export function layerNorm(s: Scope, kind: "LayerNorm" | "RMSNorm"): Meaning {
  const x = s.field(0);
  const axis = s.axis(x.dims.length, -1);
  const over = x.dims.slice(axis).flat();
  let y = s.anchor(kind, x.dims, [x.body], over, { eps: s.float("epsilon", 1e-5) });
  if (s.has(1)) y = combine(s, "Mul", y, s.field(1));
  if (kind === "LayerNorm" && s.has(2)) y = combine(s, "Add", y, s.field(2));
  return asField(y);
}

export function softmax(s: Scope): Meaning {
  const x = s.field(0);
  const axis = s.axis(x.dims.length, (s.graph.opsets[""] ?? 13) < 13 ? 1 : -1);
  if (axis !== x.dims.length - 1) throw new Refusal("softmax along an axis that is not the last");
  return asField(s.anchor("Softmax", x.dims, [x.body], x.dims[axis]!));
}

export function reduce(s: Scope): Meaning {
  const x = s.field(0);
  const rank = x.dims.length;
  const axes = (s.ints(1, "axes") ?? x.dims.map((_, i) => i)).map((a) => (a < 0 ? a + rank : a));
  const over = axes.flatMap((a) => x.dims[a]!);
  const keep = s.int("keepdims", 1) === 1;
  const dims = x.dims.flatMap((dim, i) => (axes.includes(i) ? (keep ? [[]] : []) : [dim]));
  return asField(s.anchor(s.node.op, dims, [x.body], over));
}

export function cumsum(s: Scope): Meaning {
  const x = s.field(0);
  const [axis] = s.ints(1) as [number];
  const over = x.dims[axis < 0 ? axis + x.dims.length : axis]!;
  return asField(s.anchor("CumSum", x.dims, [x.body], over));
}

/** Rows of a weight at indices that come with the run are an embedding; anything else is layout. */
export function isEmbedding(table: Field, index: Body): boolean {
  return table.body.k === "const" && !isCoordinate(index);
}

function isCoordinate(index: Body): boolean {
  return index.k === "at" || index.k === "num" || asVar(index) !== undefined;
}
