/** @file One attention layer from its output matrix back to the queries, keys and values: eager and sdpa forms, grouped heads, ALiBi apart. */

import { Size } from "@diopter/graph";
import { type Body, hasAct, type Var, varsOf } from "../read/body";
import { op } from "../read/simplify";
import { Refusal } from "../refusal";
import { type Constants, type Linear, matchLinear } from "./linear";
import { additiveMask, both, condition, isFar, type Mask, NO_MASK } from "./mask";
import { matchNorm, type Norm } from "./norm";
import { describe, open, withoutFactor } from "./query";
import { matchRotation, type Rotation } from "./rotary";

/** Queries, keys or values. */
export interface Projected {
  readonly linear: Linear;
  /** Before norm and rotation, in the coordinates below. */
  readonly value: Body;
  readonly rotated: Body | undefined;
  readonly norm: Norm | undefined;
  readonly rotation: Rotation | undefined;
  readonly heads: readonly Var[];
  readonly pos: Var | undefined;
  readonly width: readonly Var[];
}

export interface Attention {
  readonly kind: "attn";
  readonly x: Body;
  readonly q: Projected;
  readonly k: Projected;
  readonly v: Projected;
  readonly out: Linear;
  readonly z: Body;
  readonly nHeads: number;
  readonly nKeyValueHeads: number;
  readonly dHead: number;
  /** Factor on the product of queries and keys. */
  readonly scale: number;
  readonly softCap: number | undefined;
  readonly mask: Mask;
  readonly scores: Body;
  readonly pattern: Body;
  /** Coordinates of the result: heads (outer first), query, key, and a value's width. */
  readonly heads: readonly Var[];
  readonly query: Var | undefined;
  readonly key: Var;
}

/** The attention whose output matrix is `out`, or undefined when something else feeds it. */
export function matchAttention(out: Linear, constants: Constants): Attention | undefined {
  const z = out.x;
  const mixed = open(z, "MatMul");
  if (!mixed) return undefined;
  const [pattern, v] = mixed.args as [Body, Body];
  const softmax = open(guarded(pattern), "Softmax");
  if (!softmax) return undefined;
  const [key, ...more] = mixed.over as [Var, ...Var[]];
  if (more.length > 0) throw new Refusal("keys along several coordinates");
  const width = out.over.filter((w) => varsOf(v).has(w) && !varsOf(pattern).has(w));
  const allHeads = out.over.filter((w) => !width.includes(w));
  const keyHeads = allHeads.filter((w) => varsOf(v).has(w));
  const heads = [...keyHeads, ...allHeads.filter((w) => !keyHeads.includes(w))];
  const scores = softmax.args[0]!;
  const peeled = peelScores(scores);
  const product = open(peeled.body, "MatMul");
  if (!product) throw new Refusal(`the softmax is over ${describe(peeled.body)}`);
  const query = queryOf(scores, [...heads, key], v);
  const place = { query, key, constants: (name: string) => constants.get(name) };
  const mask = peeled.masks.reduce(
    (all, { body, additive }) =>
      both(all, additive ? additiveMask(body, place) : condition(body, place)),
    NO_MASK,
  );
  const [a, b] = product.args.map(withoutFactor) as [
    ReturnType<typeof withoutFactor>,
    ReturnType<typeof withoutFactor>,
  ];
  const [first, second] = varsOf(a.body).has(key) ? [b, a] : [a, b];
  const q = project(first.body, heads, query, product.over, constants);
  const k = project(second.body, keyHeads, key, product.over, constants);
  const values = project(v, keyHeads, key, width, constants);
  const sizes = (vars: readonly Var[]) => Size.product(vars.map((w) => w.size)).value;
  const [nHeads, nKeyValueHeads, dHead] = [sizes(heads), sizes(keyHeads), sizes(width)];
  if (nHeads === undefined || nKeyValueHeads === undefined || dHead === undefined)
    throw new Refusal("heads of unknown number or size");
  return {
    kind: "attn",
    x: q.linear.x,
    q,
    k,
    v: values,
    out,
    z,
    nHeads,
    nKeyValueHeads,
    dHead,
    scale: peeled.factor * first.factor * second.factor,
    softCap: peeled.softCap,
    mask,
    scores,
    pattern,
    heads,
    query,
    key,
  };
}

/** Without what guards a softmax against rows that see nothing. */
function guarded(body: Body): Body {
  if (body.k !== "op" || body.op !== "Where") return body;
  const [condition, yes, no] = body.args as [Body, Body, Body];
  if (hasAct(condition)) return body;
  return yes.k === "num" && yes.value === 0 ? no : no.k === "num" && no.value === 0 ? yes : body;
}

interface Peeled {
  readonly body: Body;
  readonly factor: number;
  readonly softCap: number | undefined;
  readonly masks: readonly { readonly body: Body; readonly additive: boolean }[];
}

/** Scores without mask, scale and soft cap. */
function peelScores(body: Body): Peeled {
  if (body.k === "op") {
    const [x, y, z] = body.args as [Body, Body, Body];
    if (body.op === "Add" || body.op === "Sub") {
      const [act, rest] = hasAct(x) ? [x, body.op === "Sub" ? op("Neg", [y]) : y] : [y, x];
      if (!hasAct(rest)) return withMask(peelScores(act), rest, true);
    }
    if (body.op === "Where" && isFar(z)) return withMask(peelScores(y), x, false);
    if (body.op === "Where" && isFar(y)) return withMask(peelScores(z), op("Not", [x]), false);
    if (body.op === "Mul" && y.k === "num") return peelFactor(x, y.value);
  }
  return { body, factor: 1, softCap: undefined, masks: [] };
}

function peelFactor(x: Body, factor: number): Peeled {
  const tanh = open(x, "Tanh");
  if (tanh) {
    const inner = peelScores(tanh.args[0]!);
    if (inner.masks.length > 0 || inner.softCap) throw new Refusal("a soft cap over a mask");
    return { ...inner, factor: inner.factor * factor, softCap: factor };
  }
  const inner = peelScores(x);
  if (inner.softCap) throw new Refusal("scores scaled after their soft cap");
  return { ...inner, factor: inner.factor * factor };
}

function withMask(peeled: Peeled, body: Body, additive: boolean): Peeled {
  return { ...peeled, masks: [...peeled.masks, { body, additive }] };
}

/** The coordinate of queries: what scores have and values do not, heads and keys apart. */
function queryOf(scores: Body, known: readonly Var[], v: Body): Var | undefined {
  const values = varsOf(v);
  return [...varsOf(scores)].find((w) => !known.includes(w) && !values.has(w));
}

function project(
  body: Body,
  heads: readonly Var[],
  pos: Var | undefined,
  width: readonly Var[],
  constants: Constants,
): Projected {
  const turned = matchRotation(body, width, pos, constants);
  const beforeRotation = turned ? turned.source : body;
  const norm = matchNorm(beforeRotation);
  const value = norm ? norm.x : beforeRotation;
  const { factor, body: bare } = withoutFactor(value);
  if (factor !== 1) throw new Refusal("queries or keys scaled before their norm");
  const linear = matchLinear(bare);
  if (!linear) throw new Refusal(`queries, keys or values are ${describe(bare)}`);
  return {
    linear,
    value: bare,
    rotated: turned ? body : undefined,
    norm,
    rotation: turned?.rotation,
    heads,
    pos,
    width,
  };
}
