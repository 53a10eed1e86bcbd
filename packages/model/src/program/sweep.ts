/** @file Many edits of one batch of prompts: one edit per batch row, batched, restarted at the first layer that changes. */

import { concat, expand, type TensorLike } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import type { Edit, ResolvedEdit } from "../edits/edits";
import type { ActivationCache } from "../hooks/cache";
import type { ResolvedSplice } from "../sae/splice";
import type { TokenBatch } from "../text/prompt-values";
import { type Engine, execute, repeatRows } from "./execute";
import { blockOutput, isFinal, layerOf } from "./hook-functions";
import type { JobState } from "./job-state";
import { checkedMetric, type Metric } from "./metrics";

/** Number of rows of the sweep that are finished, and their values so far. */
export interface SweepProgress {
  readonly done: number;
  readonly total: number;
  /** Metric per edit and prompt, [edit][prompt]; NaN where not measured yet. */
  readonly values: readonly Float64Array[];
}

/** What a sweep has measured, [edit][prompt]; NaN, or null in JSON, where not measured yet. */
export type SweepState = JobState<readonly (readonly (number | null)[])[]>;

export interface SweepPlan {
  readonly tokens: TokenBatch;
  /** One entry per row: the edits of that row, resolved for the batch of prompts. */
  readonly rows: readonly (readonly ResolvedEdit[])[];
  readonly metric: Metric;
  readonly splices?: readonly ResolvedSplice[];
  /** Activations of the unedited run, for late restarts. */
  readonly unedited: (names: readonly string[]) => Promise<ActivationCache>;
  /** Most tokens in one run. */
  readonly tokensPerRun: number;
  /** What an earlier sweep has measured, [edit][prompt]. */
  readonly measured?: readonly (readonly (number | null)[])[] | undefined;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly budget?: number | undefined;
}

/** One or several edits that make one row. */
export type SweepRow = Edit | readonly Edit[];

/** Metric per row and prompt, [edit][prompt]. */
export async function sweepRows(engine: Engine, plan: SweepPlan): Promise<Float64Array[]> {
  const { rows, tokens } = plan;
  const values = rows.map((_, i) =>
    plan.measured
      ? Float64Array.from(plan.measured[i]!, (x) => x ?? Number.NaN)
      : new Float64Array(tokens.batch).fill(Number.NaN),
  );
  const open = rows.flatMap((_, i) => (values[i]!.some(Number.isNaN) ? [i] : []));
  const starts = [...new Set(open.map((i) => startOf(engine.config, rows[i]!)))].filter(
    (s) => s !== undefined,
  );
  const unedited = starts.length > 0 ? await plan.unedited(starts) : undefined;
  const perRun = Math.max(1, Math.floor(plan.tokensPerRun / (tokens.batch * tokens.pos)));
  let done = rows.length - open.length;
  for (const group of groupRows(engine.config, open, rows)) {
    for (let from = 0; from < group.length; from += perRun) {
      plan.signal?.throwIfAborted();
      const chunk = group.slice(from, from + perRun);
      const measured = await runChunk(engine, plan, chunk, unedited);
      chunk.forEach((row, i) => {
        values[row]!.set(measured.slice(i * tokens.batch, (i + 1) * tokens.batch));
      });
      done += chunk.length;
      plan.onProgress?.({ done, total: rows.length, values });
    }
  }
  return values;
}

/** Rows that one graph can serve together: same first layer, same edit structures. */
function groupRows(
  config: ModelConfig,
  open: readonly number[],
  rows: readonly (readonly ResolvedEdit[])[],
): number[][] {
  const groups = new Map<string, number[]>();
  for (const i of open) {
    const key = JSON.stringify([startOf(config, rows[i]!), rows[i]!.map((edit) => edit.structure)]);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups.values()];
}

/** The last residual state that no edit of the row has touched; undefined when the run has to start from tokens. */
function startOf(config: ModelConfig, edits: readonly ResolvedEdit[]): string | undefined {
  const sites = edits.map(({ structure }) => structure.at);
  const first = Math.min(
    ...sites.map((at) => layerOf(at) ?? (isFinal(at) ? config.nLayers - 1 : -1)),
  );
  if (first < 0) return undefined;
  const entry = `blocks.${first}.hook_resid_pre`;
  if (!sites.includes(entry)) return entry;
  // An edit of the starting state itself would be skipped, since starts are taken as they are.
  if (first === 0) return undefined;
  return blockOutput(config, first - 1);
}

async function runChunk(
  engine: Engine,
  plan: SweepPlan,
  chunk: readonly number[],
  unedited: ActivationCache | undefined,
): Promise<Float64Array> {
  const { tokens, metric, rows, splices = [] } = plan;
  const first = rows[chunk[0]!]!;
  const start = startOf(engine.config, first);
  const edits = stackEdits(
    chunk.map((i) => rows[i]!),
    tokens.batch,
  );
  const feeds = Object.entries(checkedMetric(metric, tokens.batch, engine.config.dVocabOut).feeds);
  const again = feeds.map(([name, value]) => [
    name,
    value.shape[0] === 1 ? value : repeatRows(value, chunk.length),
  ]);
  const { extended } = await execute(engine, {
    tokens: repeatTokens(tokens, chunk.length),
    logits: "none",
    edits,
    splices,
    ...(start && { start: { [start]: repeatRows(unedited!.get(start), chunk.length) } }),
    extension: { ...metric, feeds: Object.fromEntries(again) },
    signal: plan.signal,
    budget: plan.budget,
  });
  return metric.read(extended);
}

function repeatTokens(tokens: TokenBatch, times: number): TokenBatch {
  const again = <T>(list: readonly T[]) => Array.from({ length: times }, () => list).flat();
  return {
    batch: tokens.batch * times,
    pos: tokens.pos,
    ids: again(tokens.ids),
    keep: again(tokens.keep),
    ...(tokens.tokenTypes && { tokenTypes: again(tokens.tokenTypes) }),
  };
}

/** The i-th edits of all rows as one edit whose numbers differ by row. */
function stackEdits(rows: readonly (readonly ResolvedEdit[])[], batch: number): ResolvedEdit[] {
  return rows[0]!.map((first, index) => {
    const column = rows.map((row) => row[index]!);
    const value = stack(
      column.map((e) => e.value),
      batch,
    );
    const mask = stack(
      column.map((e) => e.mask),
      batch,
    );
    const varies = (axes: readonly boolean[] | undefined, tensor: TensorLike | undefined) =>
      axes && tensor && [tensor.shape[0]! > 1, ...axes.slice(1)];
    const { structure } = first;
    return {
      structure: {
        ...structure,
        value: varies(structure.value, value),
        mask: varies(structure.mask, mask),
      },
      value,
      mask,
      by: column.flatMap(({ by }) =>
        typeof by === "number" ? new Array<number>(batch).fill(by) : by,
      ),
    };
  });
}

/** Along the batch axis: one copy when all rows share it and it broadcasts, else one block of rows per edit. */
function stack(values: readonly (TensorLike | undefined)[], batch: number): TensorLike | undefined {
  const first = values[0];
  if (!first) return undefined;
  if (first.shape[0] === 1 && values.every((value) => value!.data === first.data)) return first;
  const whole = values.map((value) => expand(value!, [batch, ...value!.shape.slice(1)]));
  return concat(whole, 0);
}

/** What decides the numbers of a sweep, and in which company they are computed. */
export function sweepFacts({ tokens, rows, metric, splices, tokensPerRun }: SweepPlan) {
  const { batch, pos, ids, keep, tokenTypes } = tokens;
  return {
    prompt: { batch, pos, ids, keep, tokenTypes },
    over: rows,
    metric: { name: metric.name, feeds: metric.feeds },
    splices,
    tokensPerRun,
  };
}

/** What is measured so far, as a state holds it. */
export function sweepData(values: readonly Float64Array[]): (number | null)[][] {
  return values.map((row) => Array.from(row, (x) => (Number.isFinite(x) ? x : null)));
}
