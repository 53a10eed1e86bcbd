/** @file Generation with cached keys and values; edits and hooks stay active for every new token. */

import { concat, Random, type TensorLike } from "@diopter/tensor";
import { actsOnNewTokens, isPositionAxis, stepsOf } from "../edits/edit-places";
import type { Edit, ResolvedEdit } from "../edits/edits";
import { type EditScope, resolveEdit, type SourcedEdit, withSources } from "../edits/resolve-edits";
import { hookAxes } from "../hooks/hook-axes";
import { takeSlots } from "../hooks/token-slots";
import type { ResolvedSplice } from "../sae/splice";
import type { PastSlots, TokenBatch } from "../text/prompt-values";
import { type Engine, type Executed, execute, logitsOf } from "./execute";
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
  /** The prompts, as a run would lay them. */
  readonly prompt: TokenBatch;
  /** The same padded on the left, so that every row goes on at the same slot. */
  readonly tokens: TokenBatch;
  readonly maxNewTokens: number;
  readonly seed: number;
  /** Stop a row when it produces one of these ids. */
  readonly stopAt: readonly number[];
  readonly edits: readonly Edit[];
  /** What edits of some sequences are resolved in. */
  readonly scope: (tokens: TokenBatch) => EditScope;
  /** Hooks to read. */
  readonly read: readonly string[];
  readonly stops: readonly HookStop[];
  readonly splices?: readonly ResolvedSplice[];
  readonly signal?: AbortSignal | undefined;
  readonly budget?: number | undefined;
}

/** The tokens of one step: one id per row, undefined for rows that have stopped. */
export type GeneratedStep = readonly (number | undefined)[];

/** What the runs of a generation read: prompts and new tokens, but the last of each row, which no run has read. */
export interface GeneratedReads {
  readonly tokens: TokenBatch;
  readonly values: ReadonlyMap<string, TensorLike>;
}

/** New tokens, step by step, and at the end the activations. Throws `RangeError` when the context cannot hold them. */
export async function* generateTokens(
  engine: Engine,
  plan: GeneratePlan,
): AsyncGenerator<GeneratedStep, GeneratedReads> {
  const { tokens, maxNewTokens } = plan;
  checkPlan(engine, plan);
  const random = new Random(plan.seed);
  const [sourced] = await withSources([plan.edits], plan.scope(tokens));
  const whole =
    plan.stops.length > 0 || outgrowsRotation(engine, plan) || sourced!.some(reachesBack);
  const runs = whole ? wholeRuns(engine, plan, sourced!) : cachedRuns(engine, plan, sourced!);
  const open = new Array<boolean>(tokens.batch).fill(true);
  const counts = new Array<number>(tokens.batch).fill(0);
  let seen = tokens;
  for (let step = 0; step < maxNewTokens && open.includes(true); step++) {
    const logits = await runs.next(seen, step);
    const width = logits.shape.at(-1)!;
    const chosen = open.map((_, row) => {
      const rowLogits = (logits.data as Float32Array).subarray(row * width, (row + 1) * width);
      return sampleToken(rowLogits, plan, random);
    });
    open.forEach((going, row) => {
      if (going) counts[row]!++;
    });
    yield chosen.map((id, row) => (open[row] ? id : undefined));
    chosen.forEach((id, row) => {
      if (plan.stopAt.includes(id)) open[row] = false;
    });
    seen = withColumn(seen, chosen);
  }
  return { tokens: readTokens(plan, seen, counts), values: runs.values() };
}

function checkPlan({ config }: Engine, plan: GeneratePlan): void {
  const { tokens, maxNewTokens, edits, read } = plan;
  checkSampling(plan);
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new RangeError(
      `generate: maxNewTokens is ${maxNewTokens}, expected an integer of 0 or more`,
    );
  }
  if (config.attentionDir === "bidirectional") {
    throw new RangeError(
      `generate: ${config.family} reads in both directions and cannot continue text`,
    );
  }
  const longest = Math.max(...realCounts(tokens));
  if (longest + maxNewTokens > config.nCtx) {
    throw new RangeError(
      `generate: ${longest} prompt tokens plus ${maxNewTokens} new ones exceed the context of ${config.nCtx}`,
    );
  }
  if (read.length > 0 && maxNewTokens === 0)
    throw new RangeError("generate: names are given, but no token is to be generated");
  for (const edit of edits) {
    const late = stepsOf(edit)?.find((step) => step >= maxNewTokens);
    if (late !== undefined) {
      throw new RangeError(
        `edit: step ${late} at "${edit.at}" is not in 0..${maxNewTokens - 1}, the steps of ${maxNewTokens} new tokens`,
      );
    }
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

/** The runs of a generation: logits of the last token of each row, and what has been read so far. */
interface Runs {
  next(seen: TokenBatch, step: number): Promise<TensorLike>;
  values(): ReadonlyMap<string, TensorLike>;
}

/** Each step reads one new token against the keys and values of all earlier ones. */
function cachedRuns(engine: Engine, plan: GeneratePlan, sourced: readonly SourcedEdit[]): Runs {
  const { tokens, read, splices = [], signal, budget } = plan;
  const parts: Executed[] = [];
  let past: Record<string, TensorLike> = {};
  return {
    async next(seen, step) {
      const from = step === 0 ? 0 : seen.pos - 1;
      const acting = sourced.filter(({ edit }) => step === 0 || actsAt(edit, step));
      const outputs = await execute(engine, {
        tokens: step === 0 ? tokens : lastColumn(seen),
        logits: logitsFor(read),
        read,
        edits: resolved(plan, acting, seen, from),
        splices,
        past: step === 0 ? "write" : "extend",
        ...(step > 0 && { pastSlots: withoutColumn(seen) }),
        pastValues: past,
        signal,
        budget,
      });
      past = pastFeeds(outputs.values);
      parts.push(outputs);
      return lastOf(logitsOf(outputs));
    },
    values: () =>
      new Map(
        read.map((name) => [
          name,
          joinSteps(
            name,
            parts.map(({ values }) => values.get(name)!),
          ),
        ]),
      ),
  };
}

function pastFeeds(outputs: ReadonlyMap<string, TensorLike>): Record<string, TensorLike> {
  const present = [...outputs].filter(([name]) => name.startsWith("present."));
  return Object.fromEntries(
    present.map(([name, value]) => [name.replace("present.", "past."), value]),
  );
}

/** Each step runs the whole sequence again, so that functions see every position, and edits every key. */
function wholeRuns(engine: Engine, plan: GeneratePlan, sourced: readonly SourcedEdit[]): Runs {
  const { stops, read, splices = [], signal, budget } = plan;
  let latest: Executed | undefined;
  return {
    async next(tokens, step) {
      const edits = resolved(plan, await refrozen(plan, sourced, tokens, step), tokens, 0);
      const logits = logitsFor(read);
      latest = await execute(engine, {
        tokens,
        logits,
        read,
        edits,
        splices,
        stops,
        signal,
        budget,
      });
      return lastOf(logitsOf(latest));
    },
    values: () => new Map(read.map((name) => [name, latest!.values.get(name)!])),
  };
}

function resolved(
  { scope, prompt }: GeneratePlan,
  sourced: readonly SourcedEdit[],
  seen: TokenBatch,
  from: number,
): ResolvedEdit[] {
  const here = { ...scope(seen), prompt, from };
  return sourced.map((edit) => resolveEdit(edit, here));
}

/** Edits that hold new tokens to the unedited run, with that run of all tokens so far. */
async function refrozen(
  { scope }: GeneratePlan,
  sourced: readonly SourcedEdit[],
  seen: TokenBatch,
  step: number,
): Promise<readonly SourcedEdit[]> {
  const isLive = ({ edit }: SourcedEdit) => edit.do === "freeze" && actsOnNewTokens(edit);
  if (step === 0 || !sourced.some(isLive)) return sourced;
  const live = sourced.filter(isLive).map(({ edit }) => edit);
  const [fresh] = await withSources([live], scope(seen));
  const next = fresh!.values();
  return sourced.map((edit) => (isLive(edit) ? next.next().value! : edit));
}

/** Whether an edit acts on the token that a step reads. */
function actsAt(edit: Edit, step: number): boolean {
  return edit.pos === undefined && (stepsOf(edit)?.includes(step) ?? true);
}

/**
 * Whether what earlier tokens gave may change when new ones come, so that their keys and values cannot be kept.
 *
 * So it is where new tokens are held to a run of their own, and where queries are made to see keys behind them.
 */
function reachesBack({ edit }: SourcedEdit): boolean {
  if (edit.do === "freeze" && actsOnNewTokens(edit)) return true;
  if (edit.key !== undefined || !hookAxes(edit.at).includes("key")) return false;
  const { do: what, by = 1 } = edit;
  if (what === "patch" || what === "mean" || what === "freeze") return false;
  // What may not be seen has a score of -infinity and a share of 0.
  return edit.at.endsWith("hook_pattern")
    ? what !== "zero" && what !== "scale"
    : what !== "add" && !(what === "scale" && by > 0);
}

/** Reading the logits themselves takes all of them. */
function logitsFor(read: readonly string[]): "all" | "last" {
  return read.includes("unembed.hook_out") ? "all" : "last";
}

/** Logits of the last slot, [batch, dVocabOut]. */
function lastOf(logits: TensorLike): TensorLike {
  if (logits.shape.length === 2) return logits;
  const [batch, pos] = logits.shape as [number, number, number];
  const last = takeSlots(
    logits,
    1,
    Array.from({ length: batch }, () => [pos - 1]),
  );
  return last.reshape([batch, -1]);
}

/** Steps one behind the other; keys that a query had not before it are as if masked. */
function joinSteps(name: string, steps: readonly TensorLike[]): TensorLike {
  const axes = hookAxes(name);
  const key = axes.indexOf("key");
  const pos = axes.findIndex(isPositionAxis);
  if (key < 0) return concat(steps, pos);
  const width = steps.at(-1)!.shape[key]!;
  const unseen = name.endsWith("hook_attn_scores") ? Number.NEGATIVE_INFINITY : 0;
  const padded = steps.map((step) => {
    const places = Array.from({ length: width }, (_, slot) =>
      slot < step.shape[key]! ? slot : -1,
    );
    return takeSlots(step, key, new Array<number[]>(step.shape[0]!).fill(places), unseen);
  });
  return concat(padded, pos);
}

/** The tokens that were read: all but the last of each row, and nothing behind the end of a row that has stopped. */
function readTokens(
  { tokens }: GeneratePlan,
  seen: TokenBatch,
  counts: readonly number[],
): TokenBatch {
  if (seen.pos === tokens.pos) return seen;
  const { batch, pos, ids, keep } = seen;
  const rows = Array.from({ length: batch }, (_, row) => row);
  const slots = Array.from({ length: pos - 1 }, (_, slot) => slot);
  return {
    batch,
    pos: pos - 1,
    ids: rows.flatMap((row) => slots.map((slot) => ids[row * pos + slot]!)),
    keep: rows.flatMap((row) =>
      slots.map((slot) => (slot < tokens.pos + counts[row]! - 1 ? keep[row * pos + slot]! : 0)),
    ),
  };
}

/** Real tokens per row. */
function realCounts({ batch, pos, keep }: TokenBatch): number[] {
  return Array.from({ length: batch }, (_, row) =>
    keep.slice(row * pos, (row + 1) * pos).reduce<number>((n, k) => n + k, 0),
  );
}

function lastColumn({ batch, pos, ids, keep }: TokenBatch): TokenBatch {
  const at = <T>(list: readonly T[]) =>
    Array.from({ length: batch }, (_, row) => list[(row + 1) * pos - 1]!);
  return { batch, pos: 1, ids: at(ids), keep: at(keep) };
}

function withoutColumn({ batch, pos, keep }: TokenBatch): PastSlots {
  const rows = Array.from({ length: batch }, (_, row) =>
    keep.slice(row * pos, (row + 1) * pos - 1),
  );
  return { length: pos - 1, keep: rows.flat() };
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
