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
import type { PairBatch, Pairs } from "./pairs";
import type { CellRows, PatchProgress, PatchRecord } from "./record";
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
  /** Values of an earlier, interrupted sweep with the same options, as `onProgress` gave them. */
  readonly resume?: readonly Float64Array[];
  readonly onProgress?: (progress: PatchProgress) => void;
  readonly signal?: AbortSignal;
  /** Most bytes that one run may need, weights included. */
  readonly budget?: number;
}

/** One sweep whose rows are cells of the record. */
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
  const measured = await model.sweep(into, {
    ...runOptions(options),
    ...(options.tokensPerRun !== undefined && { tokensPerRun: options.tokensPerRun }),
    ...(batch.positions && { positions: batch.positions }),
    over,
    metric: batch.metric,
    resume: record.read(rows, into.tokens.length),
    onProgress: ({ done, values }) => record.report(rows, done, values),
  });
  record.finish(rows, measured);
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
): Record<string, unknown> {
  const { metric, onProgress, resume, signal, budget, tokensPerRun, ...rest } = options;
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
