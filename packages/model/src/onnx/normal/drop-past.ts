/**
 * @file Empties the key-value cache: inputs of the past get length 0, outputs of the present are dropped.
 *
 * Seen in optimum-past and optimum1-merged. The inputs stay: what an empty past makes of shapes, masks and keys follows
 * from the 0.
 */

import type { Dim, Rewriter } from "@diopter/graph";
import { intOf } from "./attribute";

const PAST = /(^|[._/])past([._]|_key|_value|$)|past_key_values|^past|cache/i;
const PRESENT = /present|new_key|new_value|past_key_values/i;
const TOKENS = /^(input_ids|attention_mask|position_ids|token_type_ids)$/;

/** Whether an output is keys and values for the next token. */
export function isPresent(name: string): boolean {
  return PRESENT.test(name);
}

/** Whether a graph input is part of the cache. */
export function isPast(input: { name: string; dtype: string; shape: unknown }): boolean {
  return PAST.test(input.name) && /float/.test(input.dtype) && !/use_cache/.test(input.name);
}

export function dropPast(rewriter: Rewriter): void {
  const past = rewriter.inputs.filter(isPast);
  const kept = rewriter.outputs.filter(({ name }) => !isPresent(name));
  if (kept.length > 0) rewriter.outputs = kept;
  rewriter.inputs = rewriter.inputs.map((input) => {
    if (!past.includes(input) || input.shape === undefined) return input;
    const axis = pastAxis(rewriter, input.name, input.shape);
    return { ...input, shape: input.shape.map((dim, i) => (i === axis ? 0 : dim)) };
  });
  alignTokens(rewriter);
}

function pastAxis(rewriter: Rewriter, name: string, shape: readonly Dim[]): number {
  for (const reader of rewriter.readers(name)) {
    if (reader.op !== "Concat") continue;
    const axis = intOf(reader, "axis", 0);
    return axis < 0 ? axis + shape.length : axis;
  }
  const named = shape.findIndex((dim) => typeof dim === "string" && /past|total/.test(dim));
  return named >= 0 ? named : shape.length - 2;
}

/** Without a past all inputs that tell of tokens have the size of the ids, whatever names the exporter found. */
function alignTokens(rewriter: Rewriter): void {
  const ids = rewriter.inputs.find(({ name }) => name === "input_ids")?.shape;
  if (ids?.length !== 2) return;
  rewriter.inputs = rewriter.inputs.map((input) =>
    TOKENS.test(input.name) && input.shape?.length === 2 ? { ...input, shape: ids } : input,
  );
  const past = rewriter.inputs.filter(isPast);
  rewriter.inputs = rewriter.inputs.map((input) =>
    past.includes(input) && input.shape !== undefined && typeof input.shape[0] === "string"
      ? { ...input, shape: [ids[0]!, ...input.shape.slice(1)] }
      : input,
  );
}
