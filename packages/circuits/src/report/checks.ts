/** @file The consistency panel of a report: which identities hold on its own runs. */

import type { Model } from "@diopter/model";
import type { Ablation } from "../ablation/ablation";
import { NotApplicableError } from "../ablation/not-applicable";
import { corruptionOf, corruptRow } from "../ablation/token-rows";
import type { CellSpec } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import type { PromptMetric } from "../metrics/prompt-metric";
import { batchesOf } from "../run/batches";
import { circuitFor } from "../run/cell";
import { runPlain } from "../run/run-batch";
import type { Task } from "../task/task";
import { valueInWords } from "./cell-words";
import {
  constantCheck,
  corruptCheck,
  covarianceCheck,
  intactCheck,
  toleranceOf,
  twinCheck,
  unchecked,
  worstOf,
} from "./consistency";
import type { ControlPlan } from "./controls";
import type { Check, MetricValues, NoRun, RunData } from "./data";
import { along } from "./fingerprint";

type Run = RunData | NoRun;

export interface CheckedRuns {
  readonly model: Model;
  readonly task: Task;
  readonly metrics: readonly PromptMetric[];
  readonly batchSize: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly cells: readonly Ablation[];
  readonly labels: readonly string[];
  readonly runs: readonly Run[];
  readonly controls: ControlPlan;
  readonly controlRuns: readonly Run[];
  /** The author's cell by way of the complement. */
  readonly twin: Run | undefined;
  readonly main: PromptMetric;
}

/** The author's cell with the other set and the complement of the circuit; none for circuits at named positions. */
export function twinSpec(circuit: Circuit, original: Ablation): CellSpec | undefined {
  if (original.tokens === "specific") return undefined;
  try {
    const own = circuitFor(circuit, original);
    const set = original.set === "complement" ? "circuit" : "complement";
    return { circuit: own.complement(), ablation: { ...original, set } };
  } catch (error) {
    if (error instanceof NotApplicableError) return undefined;
    throw error;
  }
}

/** I1, I2, I3, I9 and K1, on whatever of this report they apply to. */
export async function checksOf(given: CheckedRuns): Promise<Check[]> {
  const { labels, runs, twin, main, model } = given;
  const tolerance = toleranceOf(model.runtime.precision);
  const checks = [...intact(given, tolerance), ...(await emptied(given, tolerance))];
  const [original] = runs;
  if (twin?.applicable && original?.applicable)
    checks.push(twinCheck(labels[0]!, original, twin, tolerance));
  else
    checks.push(
      unchecked(
        "I9",
        "complement of the complement",
        "needs a circuit without positions in its own cell",
      ),
    );
  if (main.of === "circuit") checks.push(...covariances(given));
  return checks;
}

/** Where nothing is lost: nothing replaced, or everything restored from the clean run. */
function intact({ controls, controlRuns }: CheckedRuns, tolerance: number): Check[] {
  return controls.specs.flatMap(({ ablation }, i) => {
    const run = controlRuns[i]!;
    const { direction, value } = ablation;
    const paired = value.kind === "resample" && value.from === "paired";
    if (controls.roles[i] !== "full" || !run.applicable) return [];
    if (direction === "restore-clean" && !(paired && isPlain(ablation))) return [];
    return [intactCheck(nameOf(ablation), run, tolerance)];
  });
}

/** Where everything is lost. */
async function emptied(given: CheckedRuns, tolerance: number): Promise<Check[]> {
  const { controls, controlRuns, model, task, metrics, batchSize, signal } = given;
  const fingerprints = metrics.filter(({ name }) => along.includes(name));
  const corrupt = new Map<string | undefined, ReturnType<typeof corruptRun>>();
  const checks: Check[] = [];
  for (const [i, { ablation }] of controls.specs.entries()) {
    const run = controlRuns[i]!;
    const { value } = ablation;
    if (controls.roles[i] !== "empty" || !run.applicable || !isPlain(ablation)) continue;
    if (value.kind === "resample" && value.from === "paired") {
      const { corruption } = value;
      const options = { metrics: fingerprints, corruption, batchSize, signal };
      const ran = corrupt.get(corruption) ?? corruptRun(model, task, options);
      corrupt.set(corruption, ran);
      checks.push(corruptCheck(nameOf(ablation), run, await ran, tolerance));
    } else if (ablation.direction === "ablate-clean" && isConstant(value)) {
      checks.push(constantCheck(nameOf(ablation), run, { task, value }, tolerance));
    }
  }
  return checks;
}

function covariances({ labels, runs, main }: CheckedRuns): Check[] {
  const checks = runs.flatMap((run, i) => {
    if (!run.applicable) return [];
    const model = run.model[main.name]!;
    if (model.reduce((sum, value) => sum + value, 0) === 0) return [];
    return [covarianceCheck(labels[i]!, [...run.circuit[main.name]!], [...model])];
  });
  return checks.length === 0 ? [] : [worstOf(checks, "all cells")];
}

/** Whether everything is recomputed and every token replaced, as the identities suppose. */
function isPlain({ recomputation, freeze, prefix, tokens }: Ablation): boolean {
  return (
    recomputation === "live" && !freeze.norm && !freeze.pattern && prefix === 0 && tokens === "all"
  );
}

/** Spans are of different lengths in different prompts, so means by span are no constant of a position. */
function isConstant(value: Ablation["value"]): boolean {
  return (
    value.kind === "zero" ||
    (value.kind === "mean" && value.by !== "span" && value.over !== "batch")
  );
}

function nameOf({ component, direction, granularity, value }: Ablation): string {
  const kind = component === "edge" ? `${granularity} edges` : "nodes";
  const way = direction === "ablate-clean" ? "" : ", restored";
  return `${kind}, ${valueInWords(value)}${way}`;
}

export interface CorruptRunOptions {
  readonly metrics: readonly PromptMetric[];
  readonly corruption?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Values of metrics that look at one run only, by prompt. Throws `NotApplicableError` over unequal lengths. */
export async function corruptRun(
  model: Model,
  task: Task,
  { metrics, corruption, batchSize = 64, signal }: CorruptRunOptions,
): Promise<MetricValues> {
  const name = corruptionOf(task, corruption);
  const values: Record<string, number[]> = Object.fromEntries(metrics.map((m) => [m.name, []]));
  for (const { prompts, indices } of batchesOf(task.prompts, batchSize)) {
    const rows = prompts.map((prompt) => corruptRow(prompt, name));
    const logits = await runPlain({ model, prompts, rows, signal });
    for (const [i, index] of indices.entries()) {
      const answered = { prompt: prompts[i]!, model: logits[i]!, circuit: logits[i]! };
      for (const metric of metrics) values[metric.name]![index] = metric.value(answered, task);
    }
  }
  return values;
}
