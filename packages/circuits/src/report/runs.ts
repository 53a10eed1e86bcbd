/** @file Runs of circuits under ablations, in groups that share their replacements, each kept when it is done. */

import { quoted } from "@diopter/graph";
import {
  differenceOf,
  type JobIdentity,
  type JobState,
  jobState,
  type Model,
} from "@diopter/model";
import * as v from "valibot";
import type { Ablation } from "../ablation/ablation";
import { NotApplicableError } from "../ablation/not-applicable";
import {
  type CellSpec,
  type Evaluation,
  evaluateCells,
  type NotApplicable,
} from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import type { PromptMetric } from "../metrics/prompt-metric";
import { circuitFor } from "../run/cell";
import { Job, type Progress } from "../run/job";
import { metricFact, version } from "../run/state";
import type { RunStore } from "../run/store";
import { fields, finite, index, list, named, oneOf, own, text } from "../schema/schema";
import type { Task } from "../task/task";
import { ablationToJSON, hashOf } from "./ablation-json";
import { valueInWords } from "./cell-words";
import type { MetricValues, NoRun, RunData } from "./data";

/** A run as it is kept: how long it took is no part of what a report says. */
export interface TimedRun {
  readonly run: RunData | NoRun;
  readonly milliseconds: number;
}

export interface RunnerOptions {
  readonly model: Model;
  readonly task: Task;
  readonly metrics: readonly PromptMetric[];
  /** SHA-256 of the task's JSON. */
  readonly hash: string;
  readonly batchSize?: number | undefined;
  readonly resume?: RunStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Specs in one call share the model's run and replacements; more of them lose more when the job is broken off. */
const mostTogether = 12;

/**
 * Runs every spec once, however often it is given.
 *
 * Which specs run together depends on the list alone, never on what was kept: a batch's numbers can depend on
 * its company by rounding, and a job that goes on after it was killed is to give the same bytes.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #hashes = new WeakMap<Circuit, Promise<string>>();
  readonly #identities = new Map<string, JobIdentity>();
  readonly #done = new Map<string, TimedRun>();
  readonly #job: Job;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#job = new Job(options);
  }

  /** Number of runs that progress counts towards. */
  expect(count: number): void {
    this.#job.expect(count);
  }

  async run(specs: readonly CellSpec[]): Promise<TimedRun[]> {
    const identities = await Promise.all(specs.map((spec) => this.#identityOf(spec)));
    const keys = await Promise.all(identities.map(hashOf));
    for (const [i, key] of keys.entries()) this.#identities.set(key, identities[i]!);
    const groups = new Map<string, Map<string, CellSpec>>();
    for (const [i, spec] of specs.entries()) {
      const group = sharedBy(spec.ablation);
      const members = groups.get(group) ?? new Map<string, CellSpec>();
      groups.set(group, members);
      members.set(keys[i]!, spec);
    }
    for (const members of groups.values()) {
      const entries = [...members].filter(([key]) => !this.#done.has(key));
      for (let at = 0; at < entries.length; at += mostTogether)
        await this.#together(entries.slice(at, at + mostTogether));
    }
    return keys.map((key) => this.#done.get(key)!);
  }

  /** Runs one group, unless the store has all of it. */
  async #together(entries: readonly (readonly [string, CellSpec])[]): Promise<void> {
    const { resume } = this.#options;
    this.#job.proceed();
    const known = await Promise.all(entries.map(([key]) => this.#kept(key)));
    if (known.every((run) => run !== undefined)) {
      for (const [i, [key]] of entries.entries()) this.#done.set(key, known[i]!);
      this.#job.restore(entries.length);
      return;
    }
    const runs = await this.#evaluated(entries.map(([, spec]) => spec));
    for (const [i, [key]] of entries.entries()) {
      this.#done.set(key, runs[i]!);
      await resume?.set(key, jobState(this.#identities.get(key)!, runs[i]!));
    }
  }

  async #evaluated(specs: readonly CellSpec[]): Promise<TimedRun[]> {
    const { model, task, metrics, batchSize, signal, onProgress } = this.#options;
    const reasons = specs.map(reasonAgainst);
    // Runs of the group under way are counted by the batches that are done.
    const before = this.#done.size;
    const possible = specs.filter((_, i) => reasons[i] === undefined);
    const results =
      possible.length === 0
        ? []
        : await evaluateCells(model, task, possible, {
            metrics,
            ...(batchSize === undefined ? {} : { batchSize }),
            ...(signal ? { signal } : {}),
            ...(onProgress
              ? {
                  onProgress: ({ done, total }) =>
                    this.#job.reach(before + (specs.length * done) / total),
                }
              : {}),
          });
    return reasons.map((reason) =>
      reason === undefined
        ? timed(results.shift()!)
        : { run: { applicable: false, reason }, milliseconds: 0 },
    );
  }

  /** What an earlier job kept; whatever is no whole run of this job counts as none. */
  async #kept(key: string): Promise<TimedRun | undefined> {
    const { resume, metrics, task } = this.#options;
    const state = await resume?.get(key);
    if (state === undefined || differenceOf(state, this.#identities.get(key)!) !== undefined)
      return undefined;
    const { success, output } = v.safeParse(timedSchema, (state as JobState<unknown>).data);
    return success && isOf(output.run, metrics, task.prompts.length) ? output : undefined;
  }

  async #identityOf({ circuit, ablation }: CellSpec): Promise<JobIdentity> {
    const { model, hash, metrics, batchSize = "auto" } = this.#options;
    const known = this.#hashes.get(circuit) ?? hashOf(circuit.toJSON());
    this.#hashes.set(circuit, known);
    return model.identifyJob("diopter/run", version, {
      task: hash,
      circuit: await known,
      ablation: await ablationToJSON(ablation),
      metrics: metrics.map(metricFact),
      batchSize,
    });
  }
}

const values = named(list(finite));

const timedSchema = fields({
  milliseconds: finite,
  run: v.variant("applicable", [
    v.object({
      applicable: v.literal(true),
      size: fields({ kept: index, of: index, component: oneOf("edge", "node") }),
      derivation: list(text),
      engine: oneOf("compiled", "dense", "nodes"),
      circuit: values,
      model: values,
    }),
    v.object({ applicable: v.literal(false), reason: text }),
  ]),
});

/** Whether a run has a value of every metric for every prompt. */
function isOf(
  run: v.InferOutput<typeof timedSchema>["run"],
  metrics: readonly PromptMetric[],
  prompts: number,
): boolean {
  if (!run.applicable) return true;
  const isSide = (side: MetricValues) =>
    metrics.every(({ name }) => own(side, name)?.length === prompts);
  return isSide(run.circuit) && isSide(run.model);
}

/** Cells that read the same replacements. */
function sharedBy({ value, direction, embedding }: Ablation): string {
  const identity = value.kind === "given" ? value.name : value;
  return JSON.stringify([identity, direction, embedding]);
}

function reasonAgainst({ circuit, ablation }: CellSpec): string | undefined {
  const { direction, value } = ablation;
  if (direction === "restore-clean" && !isOfCleanSide(value))
    return `restoring puts back what clean prompts wrote, which ${valueInWords(value)} is not`;
  try {
    circuitFor(circuit, ablation);
    return undefined;
  } catch (error) {
    if (error instanceof NotApplicableError) return error.reason;
    throw error;
  }
}

/** Whether a value is what the clean run, or clean runs on average, wrote. */
function isOfCleanSide(value: Ablation["value"]): boolean {
  if (value.kind === "mean") return value.over !== "corrupt" && value.over !== "both";
  return value.kind === "resample" || value.kind === "given";
}

function timed(result: Evaluation | NotApplicable): TimedRun {
  if (!result.applicable)
    return { run: { applicable: false, reason: result.reason }, milliseconds: 0 };
  const { size, circuit, engine, milliseconds } = result;
  const run: RunData = {
    applicable: true,
    size,
    derivation: circuit.derivation,
    engine,
    circuit: valuesOf(result, "circuit"),
    model: valuesOf(result, "model"),
  };
  return { run, milliseconds };
}

function valuesOf({ metrics, prompts }: Evaluation, side: "circuit" | "model"): MetricValues {
  return Object.fromEntries(
    metrics.map((metric) => [
      metric,
      prompts.map((prompt) => {
        const value = prompt[side][metric]!;
        if (Number.isFinite(value)) return value;
        throw new RangeError(`robustness: ${metric} of prompt ${quoted(prompt.id)} is ${value}`);
      }),
    ]),
  );
}
