/** @file What every method of attribution is given for a batch of prompts, and what it gives back. */

import type { Model } from "@diopter/model";
import type { AblationValue } from "../../ablation/ablation";
import { NotApplicableError } from "../../ablation/not-applicable";
import type { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import type { Batch } from "../../run/batches";
import type { Progress } from "../../run/job";
import type { Replacements } from "../../run/replacements/replacement";
import { runPlain } from "../../run/run-batch";
import type { Task, TaskPrompt } from "../../task/task";
import { type ObjectiveName, objectiveFor } from "../objective";

export const attributionMethods = [
  "eap",
  "eap-ig-inputs",
  "eap-ig-activations",
  "clean-corrupted",
  "mask-gradient",
  "mask-ig",
] as const;
export type AttributionMethod = (typeof attributionMethods)[number];

export interface AttributeOptions {
  readonly method: AttributionMethod;
  /** Points of the integral; default 5. */
  readonly steps?: number;
  /** Where they lie: `left` as in EAP-IG (corrupt end, clean end left out), or in the middle of equal parts. */
  readonly rule?: "left" | "right" | "midpoint" | "trapezoid";
  /** Mask at which `mask-gradient` is taken; 0 is EAP. */
  readonly at?: number;
  /** What sources are replaced with; the paired corruption when absent. */
  readonly value?: AblationValue;
  /** What is differentiated; the task's metric when absent. */
  readonly objective?: ObjectiveName;
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

/** What one method is given for one batch. */
export interface AttributionBatch {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly task: Task;
  readonly prompts: readonly TaskPrompt[];
  readonly replacements: Replacements;
  readonly objective: ReturnType<typeof objectiveFor>;
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

/** Refuses objectives that are stationary at the clean run, and values without another prompt to move to. */
export function checkChoices(
  { method, at = 0 }: Pick<AttributeOptions, "method" | "at">,
  objective: ObjectiveName,
  value: AblationValue,
): void {
  const stationary = objective === "kl" || objective === "mse";
  if (stationary && (method === "eap" || (method === "mask-gradient" && at === 0))) {
    throw new RangeError(
      `attribution: "${objective}" to the full model has its minimum at the clean run, so every score would be 0; use another objective or an integrated method`,
    );
  }
  const moves = method === "eap-ig-inputs" || method === "clean-corrupted";
  if (moves && value.kind !== "resample") {
    throw new NotApplicableError(
      `"${method}" moves the input embedding towards another prompt's, and a ${value.kind} has none`,
    );
  }
}

/** One batch with its objective. */
export async function prepared(
  model: Model,
  graph: EdgeGraph,
  task: Task,
  { prompts }: Batch,
  replacements: Replacements,
  name: ObjectiveName,
  { method, steps = 5, rule, at = 0, keep, aggregate = "mean", signal }: AttributeOptions,
): Promise<AttributionBatch> {
  const pos = prompts[0]!.clean.length;
  const { dVocabOut } = model.config;
  const rows = prompts.map(({ clean }) => clean);
  const compared = name === "kl" || name === "mse";
  const objective = objectiveFor(name, prompts, {
    dVocabOut,
    pos,
    ...(compared && { model: await runPlain({ model, prompts, rows, signal }) }),
  });
  return {
    model,
    graph,
    task,
    prompts,
    replacements,
    objective,
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
  rule: AttributeOptions["rule"] = method === "mask-ig" ? "midpoint" : "left",
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
