/**
 * @file What a program reads of a prompt besides its tokens: positions, masks, rotations, the last real token.
 *
 * One half declares graph inputs, the other half computes the numbers for them; they must agree on names and shapes.
 */

import type { Builder, Dim, Value } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import type { ModelConfig, RotaryScaling } from "../config/config";
import type { PromptValues } from "../transformer";

/** Token ids of a batch with its padding made explicit. */
export interface TokenBatch {
  readonly batch: number;
  readonly pos: number;
  /** Row-major ids, [batch, pos]; padding holds any valid id. */
  readonly ids: readonly number[];
  /** 1 for real tokens, 0 for padding, [batch, pos]. */
  readonly keep: readonly (0 | 1)[];
  readonly tokenTypes?: readonly number[];
}

/** How far a program's slots lie behind earlier ones, when it continues a cached sequence. */
export interface PastSlots {
  readonly length: number;
  /** 1 for real tokens of the past, [batch, length]. */
  readonly keep: readonly (0 | 1)[];
}

/** Declares the inputs of `values` on `b` when they are first used; `continues` when keys reach into the past. */
export function declarePrompt(
  b: Builder,
  c: ModelConfig,
  float: "float32" | "float64",
  continues: boolean,
): PromptValues {
  const key = continues ? "past+pos" : "pos";
  const once = new Map<string, unknown>();
  const memo = <T>(name: string, make: () => T): T => {
    if (!once.has(name)) once.set(name, make());
    return once.get(name) as T;
  };
  const input = (
    name: string,
    dtype: "int64" | "float32" | "float64" | "bool",
    shape: Dim[],
  ): Value => memo(name, () => b.input(name, dtype, shape));
  const between = (): { query: Value; key: Value } => ({
    query: b.unsqueeze(input("slots.query", "int64", ["pos"]), [1]), // [pos, 1]
    key: b.unsqueeze(input("slots.key", "int64", [key]), [0]), // [1, key]
  });
  const causal = (local: boolean): Value | undefined => {
    if (c.attentionDir === "bidirectional") return undefined;
    const slot = between();
    const seen = b.lessOrEqual(slot.key, slot.query); // [pos, key]
    if (!local) return seen;
    // A window counts tokens, not the slots that padding may take between them.
    const query = b.unsqueeze(input("places.query", "int64", ["batch", "pos"]), [1, 3]);
    const place = b.unsqueeze(input("places.key", "int64", ["batch", key]), [1, 2]);
    return b.and(seen, b.greater(b.add(place, c.windowSize!), query)); // [batch, 1, pos, key]
  };
  return {
    tokens: () => input("tokens", "int64", ["batch", "pos"]),
    tokenTypes: () => input("token_types", "int64", ["batch", "pos"]),
    positions: () => input("positions", "int64", ["batch", "pos"]),
    last: () => input("last", float, ["batch", 1, "pos"]),
    keep: () => input("keep", "bool", ["batch", key]),
    distances: () =>
      memo("distances.4d", () => b.unsqueeze(input("distances", float, ["batch", key]), [1, 2])),
    rotary: (local) => {
      const name = local && c.rotaryBaseLocal ? "rotary_local" : "rotary";
      const shape: Dim[] = ["batch", "pos", 1, c.rotaryDim];
      return { cos: input(`${name}.cos`, float, shape), sin: input(`${name}.sin`, float, shape) };
    },
    allowed: (local) =>
      memo(`allowed.${local}`, () => {
        const real = b.unsqueeze(input("keep", "bool", ["batch", key]), [1, 2]); // [batch, 1, 1, key]
        const order = causal(local);
        if (!order) return real;
        // A padded query may see itself, or its softmax would have nothing to sum.
        const slot = between();
        return b.and(order, b.or(real, b.equal(slot.key, slot.query))); // [batch, 1, pos, key]
      }),
  };
}

/** The numbers behind the inputs that `declarePrompt` declares; only those named in `wanted`. */
export function promptFeeds(
  c: ModelConfig,
  tokens: TokenBatch,
  wanted: ReadonlySet<string>,
  past: PastSlots = { length: 0, keep: [] },
): Record<string, TensorLike> {
  const { batch, pos } = tokens;
  const total = past.length + pos;
  const keep = joinKeep(tokens, past);
  const positions = positionsOf(keep, batch, total, past.length);
  const int64 = (shape: number[], values: Iterable<number>): TensorLike => ({
    dtype: "int64",
    shape,
    data: BigInt64Array.from(values as number[], BigInt),
  });
  const float32 = (shape: number[], data: Float32Array): TensorLike => ({
    dtype: "float32",
    shape,
    data,
  });
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const makers: Record<string, () => TensorLike> = {
    tokens: () => int64([batch, pos], tokens.ids),
    token_types: () => int64([batch, pos], tokens.tokenTypes ?? new Array(batch * pos).fill(0)),
    positions: () =>
      int64(
        [batch, pos],
        positions.map((p) => p + c.positionOffset),
      ),
    "slots.query": () => int64([pos], range(past.length, total)),
    "slots.key": () => int64([total], range(0, total)),
    "places.query": () => int64([batch, pos], positions),
    "places.key": () => int64([batch, total], positionsOf(keep, batch, total, 0)),
    keep: () => ({ dtype: "bool", shape: [batch, total], data: Uint8Array.from(keep) }),
    last: () => float32([batch, 1, pos], lastOneHot(tokens)),
    distances: () => float32([batch, total], Float32Array.from(positionsOf(keep, batch, total, 0))),
  };
  for (const [name, base] of [
    ["rotary", c.rotaryBase],
    ["rotary_local", c.rotaryBaseLocal ?? c.rotaryBase],
  ] as const) {
    const scaling = name === "rotary" ? c.rotaryScaling : undefined;
    const turn = (wave: (angle: number) => number) => {
      const frequencies = realTokens(keep, batch).map((context) =>
        rotaryFrequencies(c.rotaryDim, base, scaling, context),
      );
      return rotation(c, positions, frequencies, scaling, wave);
    };
    makers[`${name}.cos`] = () => turn(Math.cos);
    makers[`${name}.sin`] = () => turn(Math.sin);
  }
  const feeds: Record<string, TensorLike> = {};
  for (const name of wanted) if (makers[name]) feeds[name] = makers[name]();
  return feeds;
}

/** Index of the last real token of each row, [batch]. */
export function lastReal({ batch, pos, keep }: TokenBatch): number[] {
  return Array.from(
    { length: batch },
    (_, row) => keep.lastIndexOf(1, (row + 1) * pos - 1) - row * pos,
  );
}

function lastOneHot(tokens: TokenBatch): Float32Array {
  const data = new Float32Array(tokens.batch * tokens.pos);
  lastReal(tokens).forEach((p, row) => {
    data[row * tokens.pos + p] = 1;
  });
  return data;
}

function joinKeep({ batch, pos, keep }: TokenBatch, past: PastSlots): (0 | 1)[] {
  if (past.length === 0) return [...keep];
  return Array.from({ length: batch }, (_, row) => [
    ...past.keep.slice(row * past.length, (row + 1) * past.length),
    ...keep.slice(row * pos, (row + 1) * pos),
  ]).flat();
}

/** Position of each slot among the real tokens of its row, from slot `from` on; padding counts as 0. */
function positionsOf(
  keep: readonly number[],
  batch: number,
  total: number,
  from: number,
): number[] {
  const out: number[] = [];
  for (let row = 0; row < batch; row++) {
    let seen = 0;
    for (let slot = 0; slot < total; slot++) {
      const real = keep[row * total + slot]!;
      if (slot >= from) out.push(real ? seen : 0);
      seen += real;
    }
  }
  return out;
}

/** Real tokens of each row, past included. */
function realTokens(keep: readonly number[], batch: number): number[] {
  const total = keep.length / batch;
  return Array.from({ length: batch }, (_, row) =>
    keep.slice(row * total, (row + 1) * total).reduce((n, real) => n + real, 0),
  );
}

/** Waves of every position under the frequencies of its row, [batch, pos, 1, rotaryDim]. */
function rotation(
  c: ModelConfig,
  positions: readonly number[],
  frequencies: readonly (readonly number[])[],
  scaling: RotaryScaling | undefined,
  wave: (angle: number) => number,
): TensorLike {
  const half = c.rotaryDim / 2;
  const pos = positions.length / frequencies.length;
  const magnitude = scaling?.type === "longrope" ? scaling.attentionFactor : 1;
  const data = new Float64Array(positions.length * c.rotaryDim);
  positions.forEach((p, row) => {
    for (let i = 0; i < half; i++) {
      const value = magnitude * wave(p * frequencies[Math.floor(row / pos)]![i]!);
      const [first, second] = c.rotaryAdjacentPairs ? [2 * i, 2 * i + 1] : [i, i + half];
      data[row * c.rotaryDim + first] = value;
      data[row * c.rotaryDim + second] = value;
    }
  });
  return { dtype: "float64", shape: [frequencies.length, pos, 1, c.rotaryDim], data };
}

/** Radians per position of each rotary pair in a sequence of `context` tokens, with the stretching of the family. */
export function rotaryFrequencies(
  rotaryDim: number,
  base: number,
  scaling: RotaryScaling | undefined,
  context: number,
): number[] {
  const plain = Array.from({ length: rotaryDim / 2 }, (_, i) => base ** ((-2 * i) / rotaryDim));
  if (!scaling) return plain;
  if (scaling.type === "linear") return plain.map((f) => f / scaling.factor);
  if (scaling.type === "longrope") {
    const stretch = context > scaling.originalContext ? scaling.longFactor : scaling.shortFactor;
    return plain.map((f, i) => f / stretch[i]!);
  }
  // Llama 3: long waves are stretched, short ones kept, those between are blended.
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalContext } = scaling;
  return plain.map((f) => {
    const turns = (originalContext * f) / (2 * Math.PI);
    if (turns < low) return f / factor;
    if (turns > high) return f;
    const kept = (turns - low) / (high - low);
    return (1 - kept) * (f / factor) + kept * f;
  });
}
