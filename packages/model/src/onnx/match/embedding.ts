/** @file Rows of weights picked by tokens, positions and token types, their sum, scale and norm. */

import type { ActivationFunction } from "../../config/config";
import { asAffine, asVar, type Body, type Var } from "../read/body";
import { near, type Precision } from "../read/near";
import { Refusal } from "../refusal";
import { type Linear, matchLinear } from "./linear";
import { matchActivation } from "./mlp";
import { matchNorm, type Norm } from "./norm";
import { describe, open, withoutFactor } from "./query";

export interface Embedding {
  readonly tokens: Table;
  readonly input: string;
  readonly scale: number;
  readonly positions: (Table & { readonly position: Position }) | undefined;
  readonly types: Table | undefined;
  readonly norm: Norm | undefined;
  /** What goes into the first block. */
  readonly result: Body;
  /** The sum before the norm. */
  readonly sum: Body;
}

export interface Table {
  /** The row that is picked, in the coordinates of the stream, and its weight. */
  readonly value: Body;
  readonly name: string;
  /** Whether the file keeps the rows as columns. */
  readonly transposed: boolean;
}

/** The embedding that `body` is. */
export function matchEmbedding(body: Body, rowsOf: (name: string) => number): Embedding {
  const norm = matchNorm(body);
  const sum = norm ? norm.x : body;
  let tokens: (Table & { input: string; scale: number }) | undefined;
  let positions: Embedding["positions"];
  let types: Table | undefined;
  for (const term of termsOf(sum)) {
    const { factor, body: value } = withoutFactor(term);
    const row = rowOf(value);
    if (!row) throw new Refusal(`the embedding adds ${describe(term)}`);
    const t = positionVar(body);
    const { name, index, transposed } = row;
    const role = roleOf(index, t, name, rowsOf);
    if (role.kind === "tokens" && !tokens)
      tokens = { value, name, transposed, input: role.input, scale: factor };
    else if (role.kind === "positions" && !positions && factor === 1)
      positions = { value, name, transposed, position: role.position };
    else if (role.kind === "types" && !types && factor === 1) types = { value, name, transposed };
    else throw new Refusal(`the embedding adds ${describe(term)} a second time`);
  }
  if (!tokens) throw new Refusal("no embedding of tokens");
  return {
    tokens,
    input: tokens.input,
    scale: tokens.scale,
    positions,
    types,
    norm,
    result: body,
    sum,
  };
}

type Role =
  | { kind: "tokens"; input: string }
  | { kind: "positions"; position: Position }
  | { kind: "types" };

function roleOf(
  index: Body,
  t: Var | undefined,
  name: string,
  rowsOf: (name: string) => number,
): Role {
  if (index.k === "input") {
    if (/position/i.test(index.name))
      return { kind: "positions", position: { from: "input", offset: 0, input: index.name } };
    if (/type|segment/i.test(index.name)) return { kind: "types" };
    if (/mask/i.test(index.name))
      throw new Refusal(`input "${index.name}" picks rows of "${name}"`);
    return { kind: "tokens", input: index.name };
  }
  // One row for every token: the type of texts without a second part.
  if (index.k === "num" && index.value === 0 && rowsOf(name) <= 8) return { kind: "types" };
  const position = matchPosition(index, t);
  if (position) return { kind: "positions", position };
  throw new Refusal(`rows of "${name}" are picked by ${describe(index)}`);
}

/** The terms of a sum, however it was added up. */
function termsOf(body: Body, depth = 0): Body[] {
  // Tokens, positions and types are three.
  if (depth > 6) return [body];
  const deeper = (part: Body) => termsOf(part, depth + 1);
  const sum = open(body, "Sum");
  if (sum) return sum.args.flatMap(deeper);
  if (body.k === "op" && body.op === "Add") return body.args.flatMap(deeper);
  return [body];
}

/** A row of a weight matrix with all its columns. */
function rowOf(body: Body): { name: string; index: Body; transposed: boolean } | undefined {
  const picked = open(body, "Embed")?.args[0] ?? body;
  if (picked.k !== "const" || picked.index.length < 2) return undefined;
  const [row, column] = picked.index.slice(-2) as [Body, Body];
  if (picked.index.slice(0, -2).some((i) => i.k !== "num" || i.value !== 0)) return undefined;
  if (asVar(column)) return { name: picked.name, index: row, transposed: false };
  return asVar(row) && { name: picked.name, index: column, transposed: true };
}

/** The coordinate of positions: the second of the tokens' index. */
function positionVar(body: Body): Var | undefined {
  let found: Var | undefined;
  const visit = (b: Body): void => {
    if (found) return;
    if (b.k === "input") {
      const v = asVar(b.index.at(-1));
      found ??= v;
    } else if (b.k === "op") b.args.forEach(visit);
    else if (b.k === "const") b.index.forEach(visit);
    else if (b.k === "act") open(b)!.args.forEach(visit);
  };
  visit(body);
  return found;
}

export interface Unembedding {
  readonly linear: Linear;
  readonly scale: number;
  readonly softCap: number | undefined;
  readonly head:
    | { readonly dense: Linear; readonly actFn: ActivationFunction; readonly norm: Norm }
    | undefined;
  /** What the vocabulary matrix reads. */
  readonly x: Body;
  /** What the head or the vocabulary matrix reads after the final norm, if there is one. */
  readonly state: Body;
}

/** The unembedding that `logits` come from. */
export function matchUnembedding(logits: Body, precision: Precision): Unembedding {
  const outer = withoutFactor(logits);
  const tanh = open(outer.body, "Tanh");
  let softCap: number | undefined;
  let scaled = outer;
  if (tanh) {
    scaled = withoutFactor(tanh.args[0]!);
    if (!near(scaled.factor * outer.factor, 1, precision))
      throw new Refusal("logits pass a Tanh that is no soft cap");
    softCap = outer.factor;
    scaled = { factor: 1, body: scaled.body };
  }
  const linear = matchLinear(scaled.body);
  if (!linear)
    throw new Refusal(`logits are ${describe(scaled.body)}, no product with a vocabulary matrix`);
  const head = matchHead(linear.x);
  return {
    linear,
    scale: scaled.factor,
    softCap,
    head: head && { dense: head.dense, actFn: head.actFn, norm: head.norm },
    x: linear.x,
    state: head ? head.dense.x : linear.x,
  };
}

/** Dense, activation and norm (BERT). */
function matchHead(x: Body): { dense: Linear; actFn: ActivationFunction; norm: Norm } | undefined {
  const norm = matchNorm(x);
  const act = norm && matchActivation(norm.x);
  const dense = act && matchLinear(act.x);
  return norm && act && dense ? { dense, actFn: act.fn, norm } : undefined;
}

export interface Position {
  readonly from: "slot" | "input" | "mask";
  readonly offset: number;
  readonly input?: string;
}

/** The position that `body` is, in a sequence along `t`. */
export function matchPosition(body: Body, t: Var | undefined): Position | undefined {
  const slots = asAffine(body);
  if (slots) {
    const [term] = [...slots.terms];
    const offset = slots.c.value;
    if (
      offset === undefined ||
      slots.terms.size > 1 ||
      (term && (term[0] !== t || term[1].key !== "1"))
    )
      return undefined;
    return { from: "slot", offset };
  }
  if (body.k === "input") return { from: "input", offset: 0, input: body.name };
  if (body.k !== "op") return counted(body, 0);
  const [x, y, z] = body.args as [Body, Body, Body];
  if (body.op === "Add") {
    for (const [a, b] of [
      [x, y],
      [y, x],
    ] as const) {
      if (b.k !== "num") continue;
      const inner = matchPosition(a, t);
      return inner && { ...inner, offset: inner.offset + b.value };
    }
  }
  // Padding gets some fixed position; Diopter hides it.
  if (body.op === "Where")
    return y.k === "num" ? matchPosition(z, t) : z.k === "num" ? matchPosition(y, t) : undefined;
  if (body.op === "Mul") {
    const [a, b] = [counted(x, 0), counted(y, 0)];
    return a ?? b;
  }
  if (body.op === "Max") return y.k === "num" ? matchPosition(x, t) : undefined;
  return undefined;
}

/** Counting real tokens from 1, so that the first is at -1 + 1. */
function counted(body: Body, offset: number): Position | undefined {
  const sum = open(body, "CumSum");
  return sum ? { from: "mask", offset: offset + 1 } : undefined;
}
