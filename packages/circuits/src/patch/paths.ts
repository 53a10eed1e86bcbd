/**
 * @file Path patching: what a sender tells a receiver directly, apart from what everything else makes of it.
 *
 * Wang et al. 2022 (interpretability in the wild), appendix B; Goldowsky-Dill et al. 2023.
 */

import type { Edit, Model, Position } from "@diopter/model";
import { checkOptions, fromData, type Tensor } from "@diopter/tensor";
import {
  inputsOf,
  type PairOptions,
  pairKeys,
  readAndMeasure,
  recordOf,
  sweepInto,
} from "./pair-runs";
import { type PairBatch, pairBatches, pairPrompts } from "./pairs";
import { type PathEnds, pathEnds, type Receiver } from "./path-ends";
import { type PathRuns, partOf, pathHooks, pathInputs, slotsOf } from "./path-inputs";
import type { PatchRecord } from "./record";
import { PatchResult } from "./result";

export interface PatchPathsOptions extends PairOptions {
  /** Sources of the edge graph, such as `a0.h1`, `m0` or `input`; by default every head that writes before a receiver reads. */
  readonly senders?: readonly string[];
  /** Destinations such as `a2.h3<q>`, `m2` or `logits`, or lists of destinations that are patched together; `logits` by default. */
  readonly receivers?: readonly (string | readonly string[])[];
  /** `direct` (default): MLPs on the way are frozen like the heads; `mlps`: they are recomputed, as in the IOI paper. */
  readonly through?: "direct" | "mlps";
  /** Norms on the way use the scale of what they read (default), or keep that of the patched run. */
  readonly norm?: "live" | "frozen";
  /** Positions at which the sender speaks and the receiver listens; all of them by default. */
  readonly at?: { readonly sender?: readonly Position[]; readonly receiver?: readonly Position[] };
}

/**
 * The metric with what each receiver hears from each sender taken from the other run, per pair and prompt.
 *
 * Two runs: one in which the sender's output comes from the other run and all other heads are frozen gives what the
 * receiver makes of its input; that is then patched into the run. Axes are `sender` and `receiver`. The default
 * direction is `denoise`; the IOI paper's is `noise`. Throws `RangeError` for unknown names and for senders that
 * write after every receiver reads.
 *
 * @example
 * const paths = await patchPaths(model, { clean, corrupt, metric, receivers: ["a9.h9<q>"], direction: "noise" });
 * paths.effects(); // [sender, receiver, prompt]
 */
export async function patchPaths(model: Model, options: PatchPathsOptions): Promise<PatchResult> {
  checkOptions("patchPaths", options, {
    ...pairKeys,
    senders: "optional",
    receivers: "optional",
    through: "optional",
    norm: "optional",
    at: "optional",
  });
  checkOptions("patchPaths: at", options.at, { sender: "optional", receiver: "optional" });
  const { direction = "denoise", through = "direct", norm = "live" } = options;
  const { metric, positions, tokensPerRun = 640 } = options;
  const pairs = pairPrompts(model, options, options);
  const ends = pathEnds(model.config, {
    senders: options.senders,
    receivers: options.receivers ?? ["logits"],
  });
  const reached = ends.reached.flat().map((members) => members.length > 0);
  const cells = reached.map((_, i) => i);
  const { batch: prompts } = pairs.clean;
  const swept = reached.filter(Boolean).length;
  const form = { cells: cells.length, swept, prompts };
  const chosen = { ...options, direction, through, norm };
  const record = await recordOf(model, form, "diopter/patch-paths", pairs, chosen);
  const { dVocabOut: dVocab } = model.config;
  for (const batch of pairBatches(pairs, { metric, positions, tokensPerRun, dVocab }))
    await patchBatch(model, { batch, ends, record, options });
  record.fill(cells.filter((i) => !reached[i]));
  const names = [ends.senders.map(({ name }) => name), ends.receivers.map(({ label }) => label)];
  const { values, base, source } = record;
  const [clean, corrupt] = direction === "denoise" ? [source, base] : [base, source];
  return new PatchResult({
    axes: ["sender", "receiver"],
    coordinates: names,
    labels: names,
    values: fromData(values, [...names.map((list) => list.length), prompts]),
    clean,
    corrupt,
    direction,
    metric: metric.name,
    provenance: await model.provenance(inputsOf("path patching", pairs, chosen)),
  });
}

interface PathJob {
  readonly batch: PairBatch;
  readonly ends: PathEnds;
  readonly record: PatchRecord;
  readonly options: PatchPathsOptions;
}

async function patchBatch(model: Model, job: PathJob): Promise<void> {
  const { batch, ends, record, options } = job;
  const { direction = "denoise", through = "direct", norm = "live", at = {} } = options;
  const [into, from] =
    direction === "denoise" ? [batch.corrupt, batch.clean] : [batch.clean, batch.corrupt];
  const hooks = pathHooks(model.config, ends.senders, { through, norm });
  const base = await readAndMeasure(model, into, hooks.base, batch.metric, options);
  const source = await readAndMeasure(model, from, hooks.source, batch.metric, options);
  record.source.set(source.values, batch.from);
  record.finish({ cells: ["base"], from: batch.from }, [base.values]);
  const runs: PathRuns = {
    through,
    norm,
    prompt: into,
    base: base.cache,
    source: source.cache,
    slots: at.sender && slotsOf(at.sender, into, batch.positions),
  };
  for (const hook of hooks.source) await patchSenders(model, job, runs, hook);
}

/** All senders of one hook: what their receivers hear, a run for several senders at a time, then one sweep. */
async function patchSenders(
  model: Model,
  { batch, ends, record, options }: PathJob,
  runs: PathRuns,
  hook: string,
): Promise<void> {
  const { tokensPerRun = 640, norm, at = {}, signal } = options;
  const prompts = runs.prompt.tokens.length;
  const perRun = Math.max(1, Math.floor(tokensPerRun / (prompts * runs.prompt.tokens[0]!.length)));
  const indices = ends.senders.flatMap((sender, i) => (sender.hook === hook ? [i] : []));
  const over: Edit[][] = [];
  const cells: number[] = [];
  for (let start = 0; start < indices.length; start += perRun) {
    // As without an interruption: numbers can depend on what runs together.
    const chunk = indices.slice(start, start + perRun);
    const own = chunk.flatMap(cellsOf);
    if (record.open({ cells: own, from: batch.from }, prompts).length === 0) {
      record.restore(own.length, prompts);
      continue;
    }
    const members = chunk.flatMap((i) => ends.reached[i]!.flat());
    const heard = await pathInputs(
      model,
      runs,
      chunk.map((i) => ends.senders[i]!),
      [...new Set(members.map((receiver) => receiver.hook))],
      signal,
    );
    chunk.forEach((i, place) => {
      ends.reached[i]!.forEach((set, r) => {
        if (set.length === 0) return;
        cells.push(cellOf(i, r));
        over.push(set.flatMap((receiver) => editsOf(receiver, heard.get(receiver.hook), place)));
      });
    });
  }
  const rows = { cells, from: batch.from };
  if (over.length > 0)
    await sweepInto(model, { into: runs.prompt, over, rows, batch, record, options });

  function cellOf(sender: number, receiver: number): number {
    return sender * ends.receivers.length + receiver;
  }

  function cellsOf(sender: number): number[] {
    return ends.reached[sender]!.flatMap((set, r) => (set.length > 0 ? [cellOf(sender, r)] : []));
  }

  function editsOf({ hook: where, head, name }: Receiver, value: Tensor, place: number): Edit[] {
    const edit: Edit = {
      at: where,
      do: "set",
      value: partOf(value, place, prompts, head),
      ...(head !== undefined && { head }),
      ...(at.receiver && { pos: at.receiver }),
    };
    const { finalNorm, normalizationType } = model.config;
    const frozen =
      name === "logits" && norm === "frozen" && finalNorm && normalizationType !== "none";
    return frozen ? [edit, { at: "ln_final.hook_scale", do: "freeze" }] : [edit];
  }
}
