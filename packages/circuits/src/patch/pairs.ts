/** @file Clean and corrupt prompts side by side, token by token. */

import type { Prompt, PromptOptions, TokenBatch, TokenPrompt } from "@diopter/model";
import {
  checkedMetric,
  type Metric,
  type Model,
  metricRows,
  type NamedPositions,
} from "@diopter/model";

/** Prompt i of the one belongs to prompt i of the other; both have their real tokens in the same slots. */
export interface Pairs {
  readonly clean: TokenBatch;
  readonly corrupt: TokenBatch;
}

/** Some of the pairs, as the runs of a sweep take them. */
export interface PairBatch {
  readonly from: number;
  readonly clean: TokenPrompt;
  readonly corrupt: TokenPrompt;
  readonly metric: Metric;
  readonly positions: NamedPositions | undefined;
}

/**
 * The two sides as token ids.
 *
 * @throws RangeError when the two sides have different numbers of prompts, or a pair different numbers of tokens.
 */
export function pairPrompts(
  model: Model,
  sides: { readonly clean: Prompt; readonly corrupt: Prompt },
  { prependBos, paddingSide }: PromptOptions = {},
): Pairs {
  const options = { prependBos, paddingSide };
  const clean = model.prepare(sides.clean, options);
  const corrupt = model.prepare(sides.corrupt, options);
  if (clean.batch !== corrupt.batch) {
    throw new RangeError(
      `patch: ${clean.batch} clean prompts, but ${corrupt.batch} corrupt ones; expected pairs`,
    );
  }
  for (let row = 0; row < clean.batch; row++) {
    const [a, b] = [keptSlots(clean, row), keptSlots(corrupt, row)];
    if (a.length !== b.length) {
      throw new RangeError(
        `patch: clean prompt ${row} has ${a.length} tokens, its corruption ${b.length}; expected equal numbers, since activations are patched position by position`,
      );
    }
    if (a.join() !== b.join() || clean.pos !== corrupt.pos)
      throw new RangeError(`patch: prompt ${row} and its corruption are padded differently`);
  }
  return { clean, corrupt };
}

/** Slots of a prompt that hold real tokens. */
export function keptSlots({ pos, keep }: TokenBatch, row: number): number[] {
  return Array.from({ length: pos }, (_, slot) => slot).filter((slot) => keep[row * pos + slot]);
}

/** Real tokens per prompt; undefined when prompts differ in it. */
export function realLength(tokens: TokenBatch): number | undefined {
  const lengths = Array.from({ length: tokens.batch }, (_, row) => keptSlots(tokens, row).length);
  return lengths.every((length) => length === lengths[0]) ? lengths[0] : undefined;
}

/** The pairs in batches of at most `tokensPerRun` tokens, so that memory does not grow with their number. */
export function pairBatches(
  { clean, corrupt }: Pairs,
  {
    metric,
    positions,
    tokensPerRun,
    dVocab,
  }: {
    readonly metric: Metric;
    readonly positions: NamedPositions | undefined;
    readonly tokensPerRun: number;
    readonly dVocab: number;
  },
): PairBatch[] {
  // Checks the metric against all prompts, before any of them is run.
  checkedMetric(metric, clean.batch, dVocab);
  const size = Math.max(1, Math.floor(tokensPerRun / clean.pos));
  return Array.from({ length: Math.ceil(clean.batch / size) }, (_, i) => {
    const [from, to] = [i * size, Math.min(clean.batch, (i + 1) * size)];
    return {
      from,
      clean: promptRows(clean, from, to),
      corrupt: promptRows(corrupt, from, to),
      metric: metricRows(
        metric,
        Array.from({ length: to - from }, (_, i) => from + i),
      ),
      positions: positions && positionRows(positions, from, to),
    };
  });
}

function promptRows(
  { pos, ids, keep, tokenTypes }: TokenBatch,
  from: number,
  to: number,
): TokenPrompt {
  const rows = <T>(list: readonly T[]) =>
    Array.from({ length: to - from }, (_, i) => list.slice((from + i) * pos, (from + i + 1) * pos));
  return {
    tokens: rows(ids),
    attentionMask: rows(keep),
    ...(tokenTypes && { tokenTypes: rows(tokenTypes) }),
  };
}

function positionRows(positions: NamedPositions, from: number, to: number): NamedPositions {
  return Object.fromEntries(
    Object.entries(positions).map(([name, at]) => [
      name,
      typeof at === "number" ? at : at.slice(from, to),
    ]),
  );
}
