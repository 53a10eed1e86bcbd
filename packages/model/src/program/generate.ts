/** @file Generation with cached keys and values; edits and hooks stay active for every new token. */

import { Random, type TensorLike } from "@diopter/tensor";
import type { Edit, ResolvedEdit } from "../edits/edits";
import { hookAxes } from "../hooks/hook-axes";
import type { ResolvedSplice } from "../sae/splice";
import type { TokenBatch } from "../text/prompt-values";
import { type Engine, execute, logitsOf } from "./execute";
import type { HookStop } from "./hook-functions";

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

export interface GeneratePlan extends SamplingOptions {
  /** Left-padded prompts. */
  readonly tokens: TokenBatch;
  readonly maxNewTokens: number;
  readonly seed: number;
  /** Stop a row when it produces one of these ids. */
  readonly stopAt: readonly number[];
  readonly edits: readonly Edit[];
  /** Negative positions count from the end of `counted` real tokens per row, where given. */
  readonly resolve: (
    edits: readonly Edit[],
    tokens: TokenBatch,
    counted?: readonly number[],
  ) => Promise<ResolvedEdit[]>;
  readonly stops: readonly HookStop[];
  readonly splices?: readonly ResolvedSplice[];
  readonly signal?: AbortSignal | undefined;
  readonly budget?: number | undefined;
}

/** The tokens of one step: one id per row, undefined for rows that have stopped. */
export type GeneratedStep = readonly (number | undefined)[];

/** New tokens, step by step. Throws `RangeError` when the context cannot hold them. */
export async function* generateTokens(
  engine: Engine,
  plan: GeneratePlan,
): AsyncGenerator<GeneratedStep> {
  const { tokens, maxNewTokens } = plan;
  checkSampling(plan);
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new RangeError(
      `generate: maxNewTokens is ${maxNewTokens}, expected an integer of 0 or more`,
    );
  }
  if (engine.config.attentionDir === "bidirectional") {
    throw new RangeError(
      `generate: ${engine.config.family} reads in both directions and cannot continue text`,
    );
  }
  if (tokens.pos + maxNewTokens > engine.config.nCtx) {
    throw new RangeError(
      `generate: ${tokens.pos} prompt tokens plus ${maxNewTokens} new ones exceed the context of ${engine.config.nCtx}`,
    );
  }
  const random = new Random(plan.seed);
  const whole = plan.stops.length > 0 || outgrowsRotation(engine, plan);
  const next = whole ? wholeRuns(engine, plan) : cachedRuns(engine, plan);
  const open = new Array<boolean>(tokens.batch).fill(true);
  let previous: number[] | undefined;
  for (let step = 0; step < maxNewTokens && open.includes(true); step++) {
    const logits = await next(previous);
    const width = logits.shape.at(-1)!;
    const chosen = open.map((_, row) => {
      const rowLogits = (logits.data as Float32Array).subarray(row * width, (row + 1) * width);
      return sampleToken(rowLogits, plan, random);
    });
    previous = chosen;
    yield chosen.map((id, row) => (open[row] ? id : undefined));
    chosen.forEach((id, row) => {
      if (plan.stopAt.includes(id)) open[row] = false;
    });
  }
}

/** Whether earlier keys turn at another speed once the sequence is longer, so that they cannot be kept. */
function outgrowsRotation({ config }: Engine, { tokens, maxNewTokens }: GeneratePlan): boolean {
  const scaling = config.rotaryScaling;
  if (scaling?.type !== "longrope") return false;
  const longest = Math.max(...realCounts(tokens)) + maxNewTokens;
  return (
    longest > scaling.originalContext && Math.min(...realCounts(tokens)) <= scaling.originalContext
  );
}

type Step = (previous: readonly number[] | undefined) => Promise<TensorLike>;

/** Each step reads one new token against the keys and values of all earlier ones. */
function cachedRuns(engine: Engine, plan: GeneratePlan): Step {
  const { tokens } = plan;
  let past: Record<string, TensorLike> = {};
  let seen = tokens;
  let lasting: ResolvedEdit[] = [];
  return async (previous) => {
    const here = previous
      ? { batch: tokens.batch, pos: 1, ids: previous, keep: previous.map(() => 1 as const) }
      : tokens;
    const edits = previous ? lasting : await plan.resolve(plan.edits, tokens);
    if (!previous) lasting = await lastingEdits(plan);
    const outputs = await execute(engine, {
      tokens: here,
      logits: "last",
      edits,
      splices: plan.splices ?? [],
      past: previous ? "extend" : "write",
      ...(previous && { pastSlots: { length: seen.pos, keep: seen.keep } }),
      pastValues: past,
      signal: plan.signal,
      budget: plan.budget,
    });
    past = pastFeeds(outputs.values);
    if (previous) seen = withColumn(seen, previous);
    return logitsOf(outputs);
  };
}

function pastFeeds(outputs: ReadonlyMap<string, TensorLike>): Record<string, TensorLike> {
  const present = [...outputs].filter(([name]) => name.startsWith("present."));
  return Object.fromEntries(
    present.map(([name, value]) => [name.replace("present.", "past."), value]),
  );
}

/** Each step runs the whole sequence again, so that hook functions see every position. */
function wholeRuns(engine: Engine, plan: GeneratePlan): Step {
  let tokens = plan.tokens;
  return async (previous) => {
    if (previous) tokens = withColumn(tokens, previous);
    const edits = await plan.resolve(plan.edits, tokens, realCounts(plan.tokens));
    const { stops, splices = [], signal, budget } = plan;
    return logitsOf(
      await execute(engine, { tokens, logits: "last", edits, splices, stops, signal, budget }),
    );
  };
}

/** Edits without a position hold for new tokens too; their numbers must not depend on the position. */
async function lastingEdits({ edits, resolve, tokens }: GeneratePlan): Promise<ResolvedEdit[]> {
  const everywhere = edits.filter((edit) => edit.pos === undefined && edit.key === undefined);
  const resolved = await resolve(everywhere, tokens);
  for (const { structure } of resolved) {
    const varies = hookAxes(structure.at).some(
      (axis, i) =>
        ["pos", "query", "key"].includes(axis) && (structure.value?.[i] || structure.mask?.[i]),
    );
    if (varies) {
      throw new RangeError(
        `generate: the edit at "${structure.at}" has no value for new positions; give it a pos`,
      );
    }
  }
  return resolved;
}

/** Real tokens per row. */
function realCounts({ batch, pos, keep }: TokenBatch): number[] {
  return Array.from({ length: batch }, (_, row) =>
    keep.slice(row * pos, (row + 1) * pos).reduce<number>((n, k) => n + k, 0),
  );
}

function withColumn({ batch, pos, ids, keep }: TokenBatch, column: readonly number[]): TokenBatch {
  const append = <T>(list: readonly T[], value: (row: number) => T) =>
    Array.from({ length: batch }, (_, row) => [
      ...list.slice(row * pos, (row + 1) * pos),
      value(row),
    ]).flat();
  return {
    batch,
    pos: pos + 1,
    ids: append(ids, (row) => column[row]!),
    keep: append<0 | 1>(keep, () => 1),
  };
}
