/** @file Choosing the next token from logits. */

import type { Random } from "@diopter/tensor";

export interface SamplingOptions {
  /** 0 (the default) takes the most likely token; higher is more random. */
  readonly temperature?: number;
  /** Sample among this many most likely tokens only. */
  readonly topK?: number;
  /** Sample among the most likely tokens that together reach this probability. Holtzman et al. 2020. */
  readonly topP?: number;
}

/** Throws `RangeError` for settings without meaning. */
export function checkSampling({ temperature = 0, topK, topP }: SamplingOptions): void {
  if (!(temperature >= 0))
    throw new RangeError(`generate: temperature is ${temperature}, expected 0 or more`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK > 0)) {
    throw new RangeError(`generate: topK is ${topK}, expected a positive integer`);
  }
  if (topP !== undefined && !(topP > 0 && topP <= 1))
    throw new RangeError(`generate: topP is ${topP}, expected 0 < topP <= 1`);
}

/** Index of the chosen token; ties go to the lower id. */
export function sampleToken(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  random: Random,
): number {
  const { temperature = 0, topK = logits.length, topP = 1 } = options;
  if (temperature === 0) return largest(logits);
  const order = Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const top = order.slice(0, topK);
  const peak = logits[top[0]!]!;
  const weights = top.map((id) => Math.exp((logits[id]! - peak) / temperature));
  const kept = nucleus(weights, topP);
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  let rest = random.uniform() * total;
  for (let i = 0; i < kept.length; i++) {
    rest -= kept[i]!;
    if (rest < 0) return top[i]!;
  }
  return top[kept.length - 1]!;
}

function largest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** The shortest prefix of falling weights that holds at least `share` of the total. */
function nucleus(weights: readonly number[], share: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let held = 0;
  const end = weights.findIndex((weight) => {
    held += weight;
    return held >= share * total;
  });
  return weights.slice(0, end < 0 ? weights.length : end + 1);
}
