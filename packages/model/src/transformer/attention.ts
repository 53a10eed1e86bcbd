/** @file One attention layer under TransformerLens's hooks. */

import type { Builder, Value } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { isRotated } from "../hooks/names";
import type { Context } from "./context";
import {
  columnsByHead,
  joinHeads,
  linear,
  operand,
  perHead,
  repeatHeads,
  rowsByHead,
  splitHeads,
} from "./linear";
import { normQuietly, queryKeyNorm } from "./norm";

/** What queries, keys and values are read from. */
export interface AttentionInputs {
  /** Residual stream before the norm, [batch, pos, dModel]. */
  readonly resid: Value;
  /** What the projections read (after the norm where there is one), [batch, pos, dModel]. */
  readonly normed: Value;
}

/** The layer's output before any post-norm, output bias included, [batch, pos, dModel]. */
export function attention(t: Context, l: number, x: AttentionInputs): Value {
  const { b, w, h } = t;
  const inputs = splitInputs(t, l, x);
  const z = mix(t, l, {
    q: projected(t, l, "q", x, inputs.q),
    k: projected(t, l, "k", x, inputs.k),
    v: projected(t, l, "v", x, inputs.v),
  });
  let out = linear(
    b,
    operand(t, `blocks.${l}.attn.W_O`, joinHeads(b, z)),
    w.get(`blocks.${l}.attn.W_O`),
    w.optional(`blocks.${l}.attn.b_O`),
  );
  const name = `blocks.${l}.attn.hook_result`;
  if (h.wants(name)) {
    const result = headResults(t, l, z);
    const hooked = h.at(name, result); // [batch, pos, head, dModel]
    // As a difference, so that results which nobody changed add exactly 0.
    if (h.intervenes(name)) out = b.add(out, b.sum(b.sub(hooked, result), [2]));
  }
  return out;
}

/** Each head's own output, without the bias: z W_O per head, [batch, pos, head, dModel]; of some heads when told which. */
export function headResults(
  { b, c, w }: Context,
  l: number,
  z: Value,
  heads?: readonly number[],
): Value {
  return perHead(b, z, some(b, rowsByHead(b, w.get(`blocks.${l}.attn.W_O`), c.nHeads), heads));
}

/** What these heads write together, without the bias: [batch, pos, dModel]; of some heads when told which. */
export function joinedResults(
  { b, c, w }: Context,
  l: number,
  z: Value,
  heads?: readonly number[],
): Value {
  const W = w.get(`blocks.${l}.attn.W_O`);
  if (!heads) return b.matmul(joinHeads(b, z), W);
  const own = some(b, rowsByHead(b, W, c.nHeads), heads); // [head, dHead, dModel]
  return b.matmul(joinHeads(b, z), b.reshape(own, [heads.length * c.dHead, c.dModel]));
}

/** Queries, keys or values of inputs that differ by head: normed x [batch, pos, head, dModel] to [batch, pos, head, dHead]. */
export function projectByHead(
  { b, c, w }: Context,
  l: number,
  kind: Kind,
  x: Value,
  subset?: readonly number[],
): Value {
  const heads = headsOf(c, kind);
  const upper = kind.toUpperCase();
  const W = columnsByHead(b, w.get(`blocks.${l}.attn.W_${upper}`), heads, subset);
  const y = perHead(b, x, W);
  const bias = w.optional(`blocks.${l}.attn.b_${upper}`);
  return bias ? b.add(y, some(b, b.reshape(bias, [heads, c.dHead]), subset)) : y;
}

/** The rows of `heads` on the first axis; everything when there is no choice. */
function some(b: Builder, x: Value, heads?: readonly number[]): Value {
  return heads ? b.gather(x, heads, 0) : x;
}

/** Attention of given queries, keys and values, hooks included: z [batch, pos, head, dHead]; `subset` says which heads they are. */
export function mix(
  t: Context,
  l: number,
  raw: Record<Kind, Value>,
  subset?: readonly number[],
): Value {
  const { b, c, h } = t;
  const at = (name: string, value: Value) => h.at(`blocks.${l}.attn.${name}`, value);
  let q = at("hook_q", raw.q); // [batch, pos, head, dHead]
  let k = at("hook_k", raw.k);
  let v = at("hook_v", raw.v);
  if (c.qkNorm) {
    q = queryKeyNorm(t, c.qkNorm, `blocks.${l}.attn.q_norm`, q);
    k = queryKeyNorm(t, c.qkNorm, `blocks.${l}.attn.k_norm`, k);
  }
  if (isRotated(c, l)) {
    q = at("hook_rot_q", rotate(t, q, isLocal(t, l)));
    k = at("hook_rot_k", rotate(t, k, isLocal(t, l)));
  }
  if (t.past) {
    k = t.past.extend(l, "k", k);
    v = t.past.extend(l, "v", v);
  }
  const scores = at("hook_attn_scores", maskedScores(t, l, q, k, subset)); // [batch, head, query, key]
  const pattern = at("hook_pattern", b.softmax(scores, -1));
  return at("hook_z", b.transpose(grouped(t, pattern, b.transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3]));
}

type Kind = "q" | "k" | "v";

function headsOf(c: Context["c"], kind: Kind): number {
  return kind === "q" ? c.nHeads : c.nKeyValueHeads;
}

export function isLocal({ c }: Pick<Context, "c">, l: number): boolean {
  return c.windowSize !== undefined && (c.attnTypes === undefined || c.attnTypes[l] === "local");
}

function maskedScores(
  t: Context,
  l: number,
  q: Value,
  k: Value,
  subset?: readonly number[],
): Value {
  const { b, c, prompt } = t;
  const scaled = c.attnScale === 1 ? q : b.mul(q, 1 / c.attnScale);
  let scores = grouped(t, b.transpose(scaled, [0, 2, 1, 3]), b.transpose(k, [0, 2, 3, 1]));
  if (c.attnScoresSoftCap) scores = b.softCap(scores, c.attnScoresSoftCap);
  if (c.positionalEmbeddingType === "alibi")
    scores = b.add(scores, b.mul(prompt.distances(), slopes(t, subset)));
  return b.where(prompt.allowed(isLocal(t, l)), scores, Number.NEGATIVE_INFINITY);
}

/** x [batch, head, pos, a] times y [batch, keyValueHead, a, c]; each head meets its group's matrix. */
function grouped({ b, c }: Context, x: Value, y: Value): Value {
  if (c.nKeyValueHeads === c.nHeads) return b.matmul(x, y);
  const [batch, heads, pos, inner] = x.shape;
  const stacked = b.reshape(x, [
    batch!,
    c.nKeyValueHeads,
    `${c.nHeads / c.nKeyValueHeads}*${pos}`,
    inner!,
  ]);
  return b.reshape(b.matmul(stacked, y), [batch!, heads!, pos!, y.shape[3]!]);
}

/** ALiBi's slope per head, [1, head, 1, 1]. Press et al. 2022. */
function slopes({ b, c, float }: Context, subset?: readonly number[]): Value {
  const base = 2 ** Math.floor(Math.log2(c.nHeads));
  const slope = (i: number) =>
    i < base ? 2 ** ((-8 * (i + 1)) / base) : 2 ** ((-8 * (2 * (i - base) + 1)) / (2 * base));
  const values = (subset ?? Array.from({ length: c.nHeads }, (_, i) => i)).map(slope);
  return b.constant(tensor(values, { shape: [1, values.length, 1, 1], dtype: float }));
}

/** The per-head copies of the residual stream, where the program wants them. */
function splitInputs(
  t: Context,
  l: number,
  { resid }: AttentionInputs,
): Partial<Record<Kind, Value>> {
  const { b, c, h } = t;
  const out: Partial<Record<Kind, Value>> = {};
  const shared = `blocks.${l}.hook_attn_in`;
  const attnIn = h.wants(shared) ? h.at(shared, repeatHeads(b, resid, c.nHeads)) : undefined; // [batch, pos, head, dModel]
  for (const kind of ["q", "k", "v"] as const) {
    const name = `blocks.${l}.hook_${kind}_input`;
    const heads = headsOf(c, kind);
    const fromShared = attnIn && h.intervenes(shared) && heads === c.nHeads;
    if (!h.wants(name) && !fromShared) continue;
    const input = fromShared ? attnIn : repeatHeads(b, resid, heads);
    const hooked = h.wants(name) ? h.at(name, input) : input; // [batch, pos, head, dModel]
    if (fromShared || h.intervenes(name)) out[kind] = hooked;
  }
  return out;
}

/** Projection of the shared input, moved by what the per-head inputs change. */
function projected(t: Context, l: number, kind: Kind, x: AttentionInputs, input?: Value): Value {
  const { b, c, w } = t;
  const upper = kind.toUpperCase();
  const heads = headsOf(c, kind);
  const W = w.get(`blocks.${l}.attn.W_${upper}`);
  const plain = splitHeads(
    b,
    linear(
      b,
      operand(t, `blocks.${l}.attn.W_${upper}`, x.normed),
      W,
      w.optional(`blocks.${l}.attn.b_${upper}`),
    ),
    heads,
  );
  if (!input) return plain;
  const normed = (y: Value) =>
    c.normPlacement === "post" || c.normPlacement === "output"
      ? y
      : normQuietly(t, `blocks.${l}.ln1`, y);
  const own = projectByHead(t, l, kind, normed(input));
  const same = projectByHead(t, l, kind, normed(repeatHeads(b, x.resid, heads)));
  // As a difference, so that inputs which nobody changed add exactly 0.
  return b.add(plain, b.sub(own, same));
}

/** Rotates the first `rotaryDim` components of x [batch, pos, head, dHead] by position. */
export function rotate({ b, c, prompt }: Context, x: Value, local: boolean): Value {
  const { rotaryDim, dHead } = c;
  const { cos, sin } = prompt.rotary(local);
  if (rotaryDim === dHead) return turn(x);
  const [turned, rest] = b.split(x, [rotaryDim, dHead - rotaryDim], 3);
  return b.concat([turn(turned!), rest!], 3);

  function turn(y: Value): Value {
    return b.add(
      b.mul(y, cos),
      b.mul(c.rotaryAdjacentPairs ? quarterTurnPairs(y) : quarterTurnHalves(y), sin),
    );
  }

  /** (first, second) becomes (-second, first). */
  function quarterTurnHalves(y: Value): Value {
    const [first, second] = b.split(y, [rotaryDim / 2, rotaryDim / 2], 3);
    return b.concat([b.neg(second!), first!], 3);
  }

  /** (x0, x1, x2, x3, ...) becomes (-x1, x0, -x3, x2, ...). */
  function quarterTurnPairs(y: Value): Value {
    const [batch, pos, head] = y.shape;
    const pairs = b.reshape(y, [batch!, pos!, (head as number) * (rotaryDim / 2), 2]);
    const [even, odd] = b.split(pairs, [1, 1], 3);
    return b.reshape(b.concat([b.neg(odd!), even!], 3), [batch!, pos!, head!, rotaryDim]);
  }
}
