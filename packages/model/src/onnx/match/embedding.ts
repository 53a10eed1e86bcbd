/** @file Rows of weights picked by tokens, positions and token types, their sum, scale and norm. */

import { asVar, type Body, type Var } from "../read/body";
import { Refusal } from "../refusal";
import { matchNorm, type Norm } from "./norm";
import { matchPosition, type Position } from "./position";
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
    const { name, index } = row;
    const role = roleOf(index, t, name, rowsOf);
    if (role.kind === "tokens" && !tokens)
      tokens = { value, name, input: role.input, scale: factor };
    else if (role.kind === "positions" && !positions && factor === 1)
      positions = { value, name, position: role.position };
    else if (role.kind === "types" && !types && factor === 1) types = { value, name };
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
function rowOf(body: Body): { name: string; index: Body } | undefined {
  const picked = open(body, "Embed")?.args[0] ?? body;
  if (picked.k !== "const" || picked.index.length < 2) return undefined;
  const [row, column] = picked.index.slice(-2) as [Body, Body];
  if (
    asVar(column) === undefined ||
    picked.index.slice(0, -2).some((i) => i.k !== "num" || i.value !== 0)
  )
    return undefined;
  return { name: picked.name, index: row };
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
