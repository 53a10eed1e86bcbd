/** @file What all kinds of patching share: their options, the run that values are read from, one sweep, provenance. */

import {
  ActivationCache,
  activations,
  checkedMetric,
  type Metric,
  type Model,
  type NamedPositions,
  type Prompt,
  type PromptOptions,
  type SweepRow,
  type TokenPrompt,
  together,
} from "@diopter/model";
import type { OptionKeys } from "@diopter/tensor";
import { version } from "../run/state";
import type { PairBatch, Pairs } from "./pairs";
import { type CellRows, type PatchProgress, PatchRecord, type PatchState } from "./record";
import type { PatchDirection } from "./result";

/** What every kind of patching takes. */
export interface PairOptions extends PromptOptions {
  /** One prompt or several. */
  readonly clean: Prompt;
  /** The corruption of each clean prompt, with as many tokens. */
  readonly corrupt: Prompt;
  readonly metric: Metric;
  /** Which run is patched; `denoise` (TransformerLens's) puts clean values into the corrupt run. */
  readonly direction?: PatchDirection;
  /** Positions that the sweep may name. */
  readonly positions?: NamedPositions;
  /** Most tokens in one run; 640 by default. */
  readonly tokensPerRun?: number;
  /** What an earlier, interrupted job with the same options left, as `onState` gave it. */
  readonly resume?: PatchState;
  /** Called with plain data after every run of the sweep. */
  readonly onState?: (state: PatchState) => void;
  readonly onProgress?: (progress: PatchProgress) => void;
  readonly signal?: AbortSignal;
  /** Most bytes that one run may need, weights included. */
  readonly budget?: number;
}

export const pairKeys: OptionKeys<PairOptions> = {
  prependBos: "optional",
  paddingSide: "optional",
  clean: "required",
  corrupt: "required",
  metric: "required",
  direction: "optional",
  positions: "optional",
  tokensPerRun: "optional",
  resume: "optional",
  onState: "optional",
  onProgress: "optional",
  signal: "optional",
  budget: "optional",
};

/** The record of a job, with what an earlier one has measured. */
export async function recordOf<Options extends PairOptions>(
  model: Model,
  form: { readonly cells: number; readonly swept: number; readonly prompts: number },
  kind: string,
  pairs: Pairs,
  options: Options,
): Promise<PatchRecord> {
  const { resume, onState, tokensPerRun = 640 } = options;
  const { options: rest, ...facts } = inputsOf(kind, pairs, options);
  const identity =
    resume || onState
      ? await model.identifyJob(kind, version, {
          ...rest,
          ...facts,
          corruptKeep: pairs.corrupt.keep,
          tokensPerRun,
        })
      : undefined;
  return new PatchRecord(form, options, identity);
}

/** One sweep whose rows are cells of the record; those that are measured already are left out. */
export async function sweepInto(
  model: Model,
  {
    into,
    over,
    rows,
    batch,
    record,
    options,
  }: {
    readonly into: TokenPrompt;
    readonly over: readonly SweepRow[];
    readonly rows: CellRows;
    readonly batch: PairBatch;
    readonly record: PatchRecord;
    readonly options: PairOptions;
  },
): Promise<void> {
  const count = into.tokens.length;
  const open = record.open(rows, count);
  record.restore(rows.cells.length - open.length, count);
  if (open.length === 0) return;
  const left: CellRows = { cells: open.map((place) => rows.cells[place]!), from: rows.from };
  const measured = await model.sweep(into, {
    ...runOptions(options),
    ...(options.tokensPerRun !== undefined && { tokensPerRun: options.tokensPerRun }),
    ...(batch.positions && { positions: batch.positions }),
    over: open.map((place) => over[place]!),
    metric: batch.metric,
    onProgress: ({ done, values }) => record.report(left, done, values),
  });
  record.finish(left, measured);
}

/** Activations and metric of the run that values are taken from. */
export async function readAndMeasure(
  model: Model,
  prompt: Prompt,
  hooks: readonly string[],
  metric: Metric,
  options: PairOptions,
): Promise<{ cache: ActivationCache; values: Float64Array }> {
  const tokens = model.prepare(prompt);
  const { values, read } = await model.compute(
    tokens,
    together({
      values: checkedMetric(metric, tokens.batch, model.config.dVocabOut),
      read: activations(hooks),
    }),
    runOptions(options),
  );
  return {
    cache: new ActivationCache(Object.entries(read), {
      keep: tokens.keep,
      nLayers: model.config.nLayers,
    }),
    values,
  };
}

/** What runs and sweeps of a job are told alike. */
function runOptions({ signal, budget }: PairOptions) {
  return {
    ...(signal && { signal }),
    ...(budget !== undefined && { budget }),
  };
}

/** What determines the numbers, for provenance. */
export function inputsOf<Options extends PairOptions>(
  kind: string,
  { clean, corrupt }: Pairs,
  options: Options,
) {
  const { metric, onProgress, onState, resume, signal, budget, tokensPerRun, ...rest } = options;
  return {
    kind,
    clean: clean.ids,
    corrupt: corrupt.ids,
    keep: clean.keep,
    batch: clean.batch,
    metric: { name: metric.name, feeds: metricNumbers(metric) },
    options: { ...rest, clean: undefined, corrupt: undefined },
  };
}

function metricNumbers({ feeds }: Metric): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [name, Array.from(value.data, Number)]),
  );
}
