/** @file What every method of attribution is given for a batch of prompts, and what it gives back. */

import type { Metric, Model } from "@diopter/model";
import type { OptionKeys } from "@diopter/tensor";
import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import type { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import type { Batch } from "../../run/batches";
import type { Progress } from "../../run/job";
import type { Replacements } from "../../run/replacements/replacement";
import { runPlain } from "../../run/run-batch";
import type { Task, TaskPrompt } from "../../task/task";
import { type MetricChoice, metricOfBatch } from "../task-metric";

export const attributionMethods = [
  "eap",
  "eap-ig-inputs",
  "eap-ig-activations",
  "clean-corrupted",
  "mask-gradient",
  "mask-ig",
] as const;
export type AttributionMethod = (typeof attributionMethods)[number];

/** What every method takes. */
export interface CommonOptions {
  /** What sources are replaced with; the paired corruption when absent. */
  readonly value?: AblationValue;
  /** What is differentiated: a metric of the task by name, or one's own; the task's metric when absent. */
  readonly metric?: MetricChoice;
  /** How prompts (and positions) become one score. */
  readonly aggregate?: "mean" | "mean-absolute";
  readonly inputs?: GraphShape["inputs"];
  readonly embedding?: GraphShape["embedding"];
  /** Keep scores by prompt, or by position (prompts of one length). */
  readonly keep?: "prompts" | "positions";
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export const commonKeys: OptionKeys<CommonOptions> = {
  value: "optional",
  metric: "optional",
  aggregate: "optional",
  inputs: "optional",
  embedding: "optional",
  keep: "optional",
  batchSize: "optional",
  signal: "optional",
  onProgress: "optional",
};

/** Points of an integral. */
export interface IntegralOptions {
  /** How many; default 5. */
  readonly steps?: number;
  /** Where they lie: `left` as in EAP-IG (corrupt end, clean end left out), or in the middle of equal parts. */
  readonly rule?: "left" | "right" | "midpoint" | "trapezoid";
}

/** Options by method: what a method does not read does not type-check, and is refused. */
export type AttributeOptions = CommonOptions &
  (
    | { readonly method: "eap" | "clean-corrupted" }
    | ({
        readonly method: "eap-ig-inputs" | "eap-ig-activations" | "mask-ig";
      } & IntegralOptions)
    | {
        readonly method: "mask-gradient";
        /** Mask at which the gradient is taken; 0 is EAP. */
        readonly at?: number;
      }
  );

/** The same without telling methods apart. */
export interface AttributeSettings extends CommonOptions, IntegralOptions {
  readonly method: AttributionMethod;
  readonly at?: number;
}

const integrated: readonly string[] = ["eap-ig-inputs", "eap-ig-activations", "mask-ig"];

/** Refuses options that a method does not read, so that no record says that they were used. */
function checkRead({ method, steps, rule, at }: AttributeSettings): void {
  const refuse = (option: string, readers: string) => {
    throw new RangeError(`attribution: "${method}" reads no ${option}; it is for ${readers}`);
  };
  const integrals = "eap-ig-inputs, eap-ig-activations and mask-ig";
  if (steps !== undefined && !integrated.includes(method)) refuse("steps", integrals);
  if (rule !== undefined && !integrated.includes(method)) refuse("rule", integrals);
  if (at !== undefined && method !== "mask-gradient") refuse("at", "mask-gradient");
}

/** What one method is given for one batch. */
export interface AttributionBatch {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly task: Task;
  readonly prompts: readonly TaskPrompt[];
  readonly replacements: Replacements;
  readonly metric: Metric;
  readonly points: readonly Point[];
  readonly at: number;
  /** What scores are wanted of: all prompts together, each prompt, each position of each. */
  readonly detail: "sum" | "prompts" | "positions";
  readonly signal: AbortSignal | undefined;
}

/** A point between clean (0) and replaced (1), and how much it counts. */
export interface Point {
  readonly at: number;
  readonly weight: number;
}

/** Scores of a batch, [batch, pos or 1, edge or node], and the passes that they took. */
export interface BatchScores {
  /** The prompts of the batch are summed up already. */
  readonly summed: boolean;
  readonly pos: number;
  readonly scores: Float64Array;
  readonly forward: number;
  readonly backward: number;
}

/** Refuses metrics that are stationary at the clean run, and values without another prompt to move to. */
export function checkChoices(
  options: AttributeSettings,
  metric: MetricChoice,
  value: AblationValue,
): void {
  checkRead(options);
  const { method, at = 0 } = options;
  const stationary = metric === "kl" || metric === "mse";
  if (stationary && (method === "eap" || (method === "mask-gradient" && at === 0))) {
    throw new RangeError(
      `attribution: "${metric}" to the full model has its minimum at the clean run, so every score would be 0; use another metric or an integrated method`,
    );
  }
  const moves = method === "eap-ig-inputs" || method === "clean-corrupted";
  if (moves && value.kind !== "resample") {
    throw new NotApplicableError(
      `"${method}" moves the input embedding towards another prompt's, and a ${value.kind} has none`,
    );
  }
}

/** One batch with its metric. */
export async function prepared(
  model: Model,
  graph: EdgeGraph,
  task: Task,
  batch: Batch,
  replacements: Replacements,
  choice: MetricChoice,
  { method, steps = 5, rule, at = 0, keep, aggregate = "mean", signal }: AttributeSettings,
): Promise<AttributionBatch> {
  const { prompts } = batch;
  const rows = prompts.map(({ clean }) => clean);
  const metric = await metricOfBatch(choice, batch, model.config.dVocabOut, () =>
    runPlain({ model, prompts, rows, signal }),
  );
  return {
    model,
    graph,
    task,
    prompts,
    replacements,
    metric,
    points: pointsOf(method, steps, rule, at),
    at,
    detail: keep ?? (aggregate === "mean" ? "sum" : "prompts"),
    signal,
  };
}

/** Points of the integral from the clean (0) to the replaced (1) end. Throws `RangeError` for less than one step. */
export function pointsOf(
  method: AttributionMethod,
  steps: number,
  rule: AttributeSettings["rule"] = method === "mask-ig" ? "midpoint" : "left",
  at = 0,
): Point[] {
  if (method === "eap" || method === "mask-gradient") return [{ at, weight: 1 }];
  if (method === "clean-corrupted")
    return [
      { at: 0, weight: 0.5 },
      { at: 1, weight: 0.5 },
    ];
  if (!Number.isInteger(steps) || steps < 1)
    throw new RangeError(`attribution: steps must be a positive integer, got ${steps}`);
  const whole = Array.from({ length: steps }, (_, k) => k);
  // EAP-IG counts from the corrupt end: k = 0 is the corrupt input, the clean one is left out.
  if (rule === "left") return whole.map((k) => ({ at: 1 - k / steps, weight: 1 / steps }));
  if (rule === "right") return whole.map((k) => ({ at: k / steps, weight: 1 / steps }));
  if (rule === "midpoint") return whole.map((k) => ({ at: (k + 0.5) / steps, weight: 1 / steps }));
  return [...whole, steps].map((k) => ({
    at: k / steps,
    weight: (k === 0 || k === steps ? 0.5 : 1) / steps,
  }));
}
