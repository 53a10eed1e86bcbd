/**
 * @file Rotation of queries and keys by position, however it was written: halves or neighbours, rotate_half with Neg and
 * Concat (torch exports), the RotaryEmbedding op (fused, opset 23), part of each head (gpt_neox), frequencies or tables.
 */

import { type Body, hasAct, num, type Var, varsOf } from "../read/body";
import { near } from "../read/near";
import { rotationOf } from "../read/rotation-table";
import { substitute } from "../read/simplify";
import { Refusal } from "../refusal";
import { matchPosition, type Position } from "./embedding";
import type { Constants } from "./linear";
import { describe, same, withoutFactor } from "./query";

export interface Rotation {
  /** Radians per position of each pair. */
  readonly frequencies: readonly number[];
  /** Components that are rotated. */
  readonly dim: number;
  readonly adjacent: boolean;
  readonly position: Position;
  /** Factor on cosines and sines. */
  readonly magnitude: number;
}

interface Turned {
  readonly rotation: Rotation;
  /** What is rotated, in terms of the same coordinates as the rotated one. */
  readonly source: Body;
}

interface Term {
  readonly sign: number;
  readonly part: Body;
  readonly wave: Wave | undefined;
}

interface Wave {
  readonly kind: "cos" | "sin";
  readonly frequency: number;
  readonly position: Position;
  readonly magnitude: number;
  readonly table?: { readonly name: string; readonly column: number };
}

/** Takes the rotation off `body`, a query or key whose components run along `over`; undefined when it has none. */
export function matchRotation(
  body: Body,
  over: readonly Var[],
  t: Var | undefined,
  constants: Constants,
): Turned | undefined {
  if (!mentionsWave(body)) return undefined;
  const elements = elementsAlong(body, over);
  const parsed = elements.map((element) => termsOf(element, t, constants));
  const sources = parsed.map((terms, i) => {
    const own =
      terms.length === 1 && !terms[0]!.wave
        ? terms[0]
        : terms.find(({ wave }) => wave?.kind === "cos");
    if (!own) throw new Refusal(`component ${i} of the rotation is ${describe(elements[i]!)}`);
    return own.part;
  });
  let dim = parsed.length;
  while (dim > 0 && parsed[dim - 1]!.length === 1) dim -= 1;
  const half = dim / 2;
  const partners = parsed.slice(0, dim).map((terms, i) => {
    const other = terms.find(({ wave }) => wave?.kind === "sin");
    const cos = terms.find(({ wave }) => wave?.kind === "cos");
    if (terms.length !== 2 || !other || !cos || cos.sign !== 1)
      throw new Refusal(`component ${i} is rotated in a way that Diopter does not know`);
    const read = cos.wave!.table ? readTables(cos.wave!, other.wave!, constants) : undefined;
    const solved = read
      ? {
          other: { ...other, wave: { ...other.wave!, ...read } },
          cos: { ...cos, wave: { ...cos.wave!, ...read } },
        }
      : { other, cos };
    return { j: sources.findIndex((source) => same(source, other.part)), ...solved };
  });
  if (dim === 0) throw new Refusal("parts side by side that are no rotation");
  const adjacent = partners[0]!.j === 1 && dim > 2;
  const frequencies: number[] = [];
  const first = partners[0]!.cos.wave!;
  const { precision } = constants;
  partners.forEach(({ j, other, cos }, i) => {
    const leads = adjacent ? i % 2 === 0 : i < half;
    const partner = adjacent ? (leads ? i + 1 : i - 1) : leads ? i + half : i - half;
    if (j !== partner || other.sign !== (leads ? -1 : 1))
      throw new Refusal(`component ${i} turns with component ${j}`);
    const pair = adjacent ? Math.floor(i / 2) : i % half;
    const [c, s] = [cos.wave!, other.wave!];
    frequencies[pair] ??= c.frequency;
    if (
      !near(c.frequency, frequencies[pair], precision) ||
      !near(s.frequency, c.frequency, precision)
    )
      throw new Refusal("cosine and sine turn at different speeds");
    if (
      !near(c.magnitude, first.magnitude, precision) ||
      !near(s.magnitude, first.magnitude, precision)
    )
      throw new Refusal("cosine and sine have different factors");
  });
  const position = first.position;
  return {
    rotation: { frequencies, dim, adjacent, position, magnitude: first.magnitude },
    source: generalize(body, over, sources),
  };
}

function mentionsWave(body: Body): boolean {
  if (body.k === "pick") return true;
  if (body.k !== "op") return false;
  return body.op === "Cos" || body.op === "Sin" || isTable(body) || body.args.some(mentionsWave);
}

function isTable(body: Body): boolean {
  return body.k === "op" && (body.op === "CosTable" || body.op === "SinTable");
}

/** The body at each place along joined coordinates, outer first. */
export function elementsAlong(body: Body, over: readonly Var[]): Body[] {
  const [v, ...rest] = over;
  if (!v) return [body];
  const count = v.size.value;
  if (count === undefined) throw new Refusal("heads of unknown size");
  return Array.from({ length: count }, (_, i) =>
    elementsAlong(substitute(body, new Map([[v, num(i)]])), rest),
  ).flat();
}

function termsOf(body: Body, t: Var | undefined, constants: Constants): Term[] {
  if (body.k === "op" && body.op === "Add" && body.args.every(hasAct))
    return body.args.flatMap((arg) => termsOf(arg, t, constants));
  if (body.k === "op" && body.op === "Sub" && body.args.every(hasAct)) {
    const [x, y] = body.args as [Body, Body];
    return [
      ...termsOf(x, t, constants),
      ...termsOf(y, t, constants).map((term) => ({ ...term, sign: -term.sign })),
    ];
  }
  const { factor, body: bare } = withoutFactor(body);
  if (bare.k === "op" && bare.op === "Mul") {
    const [x, y] = bare.args as [Body, Body];
    if (hasAct(x) !== hasAct(y)) {
      const [act, field] = hasAct(x) ? [x, y] : [y, x];
      const wave = waveOf(field, t, constants);
      if (wave) {
        const inner = withoutFactor(act);
        return [
          {
            sign: Math.sign(factor * inner.factor),
            part: inner.body,
            wave: { ...wave, magnitude: wave.magnitude * Math.abs(factor * inner.factor) },
          },
        ];
      }
    }
  }
  if (Math.abs(factor) !== 1) return [{ sign: 1, part: body, wave: undefined }];
  return [{ sign: factor, part: bare, wave: undefined }];
}

function waveOf(body: Body, t: Var | undefined, constants: Constants): Wave | undefined {
  const { factor, body: bare } = withoutFactor(body);
  if (bare.k !== "op") return undefined;
  if (bare.op === "Cos" || bare.op === "Sin") {
    const angle = angleOf(bare.args[0]!, t, constants);
    return angle && { kind: bare.op === "Cos" ? "cos" : "sin", ...angle, magnitude: factor };
  }
  if (isTable(bare)) return tableWave(bare, t, factor);
  return undefined;
}

/** A position times a frequency. */
function angleOf(
  body: Body,
  t: Var | undefined,
  constants: Constants,
): { frequency: number; position: Position } | undefined {
  const parts = productParts(body);
  let frequency = 1;
  let position: Position | undefined;
  for (const part of parts) {
    const value = constants.value(part);
    if (value !== undefined) frequency *= value;
    else if (!position) {
      position = matchPosition(part, t);
      if (!position) return undefined;
    } else return undefined;
  }
  return position && { frequency, position };
}

function productParts(body: Body): Body[] {
  if (body.k === "op" && body.op === "Mul") return body.args.flatMap(productParts);
  if (body.k === "op" && body.op === "Div") {
    const [x, y] = body.args as [Body, Body];
    return [...productParts(x), { k: "op", op: "Div", args: [num(1), y] }];
  }
  // A position times a number is a combination of coordinates.
  if (body.k === "at" && body.terms.size === 1) {
    const [v, n] = [...body.terms][0]!;
    if (n.value !== undefined && n.value !== 1 && body.c.key === "0") {
      return [{ k: "at", c: body.c, terms: new Map([[v, n.over(n)!]]) }, num(n.value)];
    }
  }
  return [body];
}

/** A wave kept as a table; its frequency is read once its partner is known. */
function tableWave(body: Body & { k: "op" }, t: Var | undefined, factor: number): Wave | undefined {
  const [leaf] = body.args as [Body];
  if (leaf.k !== "const") return undefined;
  const [row, column] = leaf.index.slice(-2) as [Body, Body];
  const position = matchPosition(row, t);
  if (!position || column.k !== "num") return undefined;
  const kind = body.op === "CosTable" ? "cos" : "sin";
  return {
    kind,
    frequency: Number.NaN,
    position,
    magnitude: factor,
    table: { name: leaf.name, column: column.value },
  };
}

/** Frequency and magnitude of a pair of columns of cosines and sines, all of whose rows are checked. */
function readTables(
  cos: Wave,
  sin: Wave,
  constants: Constants,
): { frequency: number; magnitude: number } {
  const [c, s] = [
    cos.table && constants.tensor(cos.table.name),
    sin.table && constants.tensor(sin.table.name),
  ];
  if (!c || !s || !cos.table || !sin.table)
    throw new Refusal("only one of cosine and sine is a table");
  const [rows, width] = c.shape.slice(-2) as [number, number];
  const [i, j] = [cos.table.column, sin.table.column];
  const { frequency, magnitude, wrong } = rotationOf({
    rows,
    cos: (row) => Number(c.data[row * width + i]),
    sin: (row) => Number(s.data[row * width + j]),
    precision: constants.precisionOf(cos.table.name),
  });
  if (wrong !== undefined)
    throw new Refusal(
      `row ${wrong} of "${cos.table.name}" is no rotation by ${wrong} times the angle of row 1`,
    );
  return { frequency, magnitude: magnitude * cos.magnitude };
}

/** One body for all components, from those at each. */
function generalize(body: Body, over: readonly Var[], sources: readonly Body[]): Body {
  for (const candidate of candidates(body)) {
    if (
      over.some((v) => varsOf(candidate).has(v)) &&
      elementsAlong(candidate, over).every((element, i) => same(element, sources[i]!))
    )
      return candidate;
  }
  return { k: "op", op: "Elements", args: sources };
}

/** Every part of a body that may be what was rotated. */
function candidates(body: Body): Body[] {
  const inner =
    body.k === "op" ? body.args : body.k === "pick" ? body.cases.map((piece) => piece.body) : [];
  return [body, ...inner.flatMap(candidates)].filter(hasAct);
}
