/** @file Clean and corrupt prompts side by side, token by token. */

import type { Prompt, PromptOptions, TokenBatch, TokenPrompt } from "@diopter/model";
import {
  checkedMetric,
  type Metric,
  type Model,
  metricRows,
  type NamedPositions,
  tokenSlots,
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
 * The two sides as token ids, the corrupt prompts padded as the clean ones are.
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
  const lengths = [clean, corrupt].map((side) => tokenSlots(side).map((row) => row.length));
  for (let row = 0; row < clean.batch; row++) {
    const [a, b] = [lengths[0]![row], lengths[1]![row]];
    if (a !== b) {
      throw new RangeError(
        `patch: clean prompt ${row} has ${a} tokens, its corruption ${b}; expected equal numbers, since activations are patched position by position`,
      );
    }
  }
  return { clean, corrupt: inSlotsOf(clean, corrupt) };
}

/** The tokens of `other`, padded as those of `tokens` are. */
function inSlotsOf(tokens: TokenBatch, other: TokenBatch): TokenBatch {
  const { batch, pos, keep } = tokens;
  const from = tokenSlots(other);
  const laid = (values: readonly number[]) => {
    const row = new Array<number>(batch * pos).fill(0);
    tokenSlots(tokens).forEach((slots, r) => {
      slots.forEach((slot, position) => {
        row[r * pos + slot] = values[r * other.pos + from[r]![position]!]!;
      });
    });
    return row;
  };
  const { ids, tokenTypes } = other;
  return { batch, pos, keep, ids: laid(ids), ...(tokenTypes && { tokenTypes: laid(tokenTypes) }) };
}

/** Tokens per prompt; undefined when prompts differ in it. */
export function realLength(tokens: TokenBatch): number | undefined {
  const lengths = tokenSlots(tokens).map((row) => row.length);
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
