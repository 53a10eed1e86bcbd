/** @file Cross entropy of the token that came next. */

import { fromData, type Tensor, type TensorLike } from "@diopter/tensor";
import { longestOf, tokenSlots } from "../hooks/token-slots";
import type { TokenBatch } from "../text/prompt-values";

/** Negative log-probability of each next token by position, nats [batch, pos - 1]; NaN behind the end of shorter prompts. */
export function tokenLosses(logits: TensorLike, tokens: TokenBatch): Tensor<"float64"> {
  const { pos, ids } = tokens;
  const width = logits.shape[2]!;
  const data = logits.data as Float32Array;
  const slots = tokenSlots(tokens);
  const longest = longestOf(slots);
  const out = new Float64Array(slots.length * (longest - 1)).fill(Number.NaN);
  slots.forEach((row, r) => {
    for (let p = 0; p + 1 < row.length; p++) {
      const slot = r * pos + row[p]!;
      const here = data.subarray(slot * width, (slot + 1) * width);
      out[r * (longest - 1) + p] = logSumExp(here) - here[ids[r * pos + row[p + 1]!]!]!;
    }
  });
  return fromData(out, [slots.length, longest - 1], "float64");
}

/** log Σ exp of a row of logits. */
export function logSumExp(values: ArrayLike<number>): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) peak = Math.max(peak, values[i]!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - peak);
  return peak + Math.log(sum);
}
