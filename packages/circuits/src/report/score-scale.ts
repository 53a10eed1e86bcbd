/** @file The number that a report compares cells by: percent of the model's value, or the value where no share exists. */

import { quantile } from "@diopter/statistics";
import type { RobustnessData, RunData } from "./data";

/** What scores are: `recovered` is percent of the model's value by prompt, `value` the metric itself. */
export interface ScoreScale {
  readonly metric: string;
  readonly kind: "recovered" | "value";
  /** Indices of the prompts that have a score: on the others the model's own value is 0. */
  readonly prompts: readonly number[];
}

/** Shares exist of metrics that are high when good and not 0 on average. */
export function scaleOf({ metrics, cells, prompts }: RobustnessData): ScoreScale {
  const { name: metric, of, better } = metrics[0]!;
  const every = prompts.map((_, i) => i);
  const run = cells.map((cell) => cell.run).find((one) => one.applicable);
  const model = run?.applicable ? run.model[metric]! : [];
  const total = model.reduce((sum, value) => sum + value, 0);
  if (of === "pair" || better !== "higher" || total === 0)
    return { metric, kind: "value", prompts: every };
  return { metric, kind: "recovered", prompts: every.filter((i) => model[i] !== 0) };
}

/** Scores of the prompts that have one, in their order. */
export function scoresOf(
  values: readonly number[],
  model: readonly number[],
  { kind, prompts }: ScoreScale,
): number[] {
  if (kind === "value") return prompts.map((i) => values[i]!);
  return prompts.map((i) => 100 * (values[i]! / model[i]!));
}

/** Scores of one run. */
export function runScores(run: RunData, scale: ScoreScale): number[] {
  return scoresOf(run.circuit[scale.metric]!, run.model[scale.metric]!, scale);
}

export function medianOf(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A score as text, such as `86.4 %`. */
export function scoreText(score: number, { kind }: Pick<ScoreScale, "kind">): string {
  return kind === "value" ? fourDigits(score) : `${percentText(score)} %`;
}

/** A difference of scores as text, such as `12.1 points`. */
export function changeText(change: number, { kind }: Pick<ScoreScale, "kind">): string {
  return kind === "value" ? fourDigits(change) : `${percentText(change)} points`;
}

/** A score as short as it can be, for axes: `50 %`. */
export function tickText(score: number, scale: Pick<ScoreScale, "kind">): string {
  return scoreText(score, scale).replace(".0 %", " %");
}

/** Tenths of a percent, or four digits of large ones; no minus before 0. */
function percentText(percent: number): string {
  if (Math.abs(percent) >= 1000) return fourDigits(percent);
  return percent
    .toFixed(1)
    .replace(/^-0\.0$/, "0.0")
    .replace("-", "−");
}

function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
