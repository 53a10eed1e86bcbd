/** @file Cross entropy of the token that came next. */

import { fromData, type Tensor, type TensorLike } from "@diopter/tensor";
import type { TokenBatch } from "../text/prompt-values";

/** Negative log-probability of each next token, nats [batch, pos - 1]; NaN where either token is padding. */
export function tokenLosses(
  logits: TensorLike,
  { batch, pos, ids, keep }: TokenBatch,
): Tensor<"float64"> {
  const width = logits.shape[2]!;
  const data = logits.data as Float32Array;
  const out = new Float64Array(batch * (pos - 1));
  for (let row = 0; row < batch; row++) {
    for (let p = 0; p + 1 < pos; p++) {
      const slot = row * pos + p;
      const here = data.subarray(slot * width, (slot + 1) * width);
      const real = keep[slot] && keep[slot + 1];
      out[row * (pos - 1) + p] = real ? logSumExp(here) - here[ids[slot + 1]!]! : Number.NaN;
    }
  }
  return fromData(out, [batch, pos - 1], "float64");
}

/** log Σ exp of a row of logits. */
export function logSumExp(values: ArrayLike<number>): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) peak = Math.max(peak, values[i]!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - peak);
  return peak + Math.log(sum);
}
