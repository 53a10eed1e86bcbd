/** @file Attention in plain ops, and the masks that fused attention makes for itself. */

import { int } from "../attribute";
import type { Emit } from "../emit";

const FLOAT = { to: int(1) };

export interface Attend {
  readonly scale: number;
  /** 0 for none; scores are softcap tanh(scores / softcap). */
  readonly softcap: number;
  /** What is added to the scores, one after the other. */
  readonly masks: readonly string[];
}

/** softmax(q kᵀ scale + masks) v for q [batch, head, query, dHead], k and v [batch, head, key, dHead]. */
export function attend(
  emit: Emit,
  q: string,
  k: string,
  v: string,
  { scale, softcap, masks }: Attend,
  output?: string,
): string {
  const { rewriter } = emit;
  const keys = emit.transpose(k, 0, 1, 3, 2);
  let scores = emit.add("MatMul", [q, keys]);
  if (scale !== 1) scores = emit.add("Mul", [scores, rewriter.float(scale)]);
  if (softcap > 0) {
    const small = emit.add("Mul", [scores, rewriter.float(1 / softcap)]);
    scores = emit.add("Mul", [emit.add("Tanh", [small]), rewriter.float(softcap)]);
  }
  for (const mask of masks) scores = emit.add("Add", [scores, mask]);
  const pattern = emit.add("Softmax", [scores], { axis: int(-1) });
  return emit.add("MatMul", [pattern, v], {}, output);
}

/** [batch, head, pos, dHead] → [batch, pos, head*dHead] */
export function joinHeads(emit: Emit, z: string, output: string): void {
  const turned = emit.transpose(z, 0, 2, 1, 3);
  emit.add("Reshape", [turned, emit.rewriter.ints(0, 0, -1)], {}, output);
}

/** Every key or value head `times` times, neighbours alike: [batch, kv, pos, dHead] → [batch, head, pos, dHead]. */
export function repeatHeads(
  emit: Emit,
  x: string,
  heads: number,
  times: number,
  dHead: number,
): string {
  if (times === 1) return x;
  const wide = emit.add("Expand", [emit.unsqueeze(x, 2), emit.rewriter.ints(1, 1, times, 1, 1)]);
  return emit.reshape(wide, 0, heads, -1, dHead);
}

/** 0 where `allowed`, else `filter`. */
export function additive(emit: Emit, allowed: string, filter: number): string {
  return emit.add("Where", [allowed, emit.rewriter.float(0), emit.rewriter.float(filter)]);
}

/** Whether key ≤ query, and within `window` keys where that is positive, [query, key]; sizes are those of q and k. */
export function causal(emit: Emit, q: string, k: string, window = 0): string {
  const { rewriter } = emit;
  const queries = emit.unsqueeze(emit.positions(q, 2), 1);
  const keys = emit.unsqueeze(emit.positions(k, 2), 0);
  const past = emit.add("LessOrEqual", [keys, queries]);
  if (window <= 0) return past;
  const first = emit.add("Sub", [queries, rewriter.int(window)]);
  return emit.add("And", [past, emit.add("Greater", [keys, first])]);
}

/** The mask [batch, 1 or query, key] of com.microsoft ops as what is added to the scores; undefined for other ranks. */
export function microsoftMask(
  emit: Emit,
  mask: string,
  keys: string,
  filter: number,
): string | undefined {
  const { rewriter } = emit;
  const rank = rewriter.shape(mask)?.length;
  if (rank === undefined || rank > 4) return undefined;
  if (rank === 1) {
    const places = emit.unsqueeze(emit.positions(keys, 2), 0);
    const lengths = emit.unsqueeze(emit.add("Cast", [mask], { to: int(7) }), 1);
    const kept = emit.unsqueeze(emit.add("Less", [places, lengths]), 1, 2);
    return additive(emit, kept, filter);
  }
  const number = emit.add("Cast", [mask], FLOAT);
  const axes = rank === 2 ? [1, 2] : [1];
  const open = rank === 4 ? number : emit.unsqueeze(number, ...axes);
  const closed = emit.add("Sub", [rewriter.float(1), open]);
  return emit.add("Mul", [closed, rewriter.float(filter)]);
}
