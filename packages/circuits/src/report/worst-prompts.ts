/** @file The prompts, and the pairs of prompt and replacement, on which the circuit is farthest from the model. */

import type { CellSummary, CellWithout } from "./cell-summary";
import type { PromptData, RobustnessData } from "./data";
import { runScores, type ScoreScale, scoreText } from "./score-scale";

export interface WorstPrompt {
  readonly prompt: PromptData;
  readonly cell: string;
  /** KL where it was measured, else the difference of the main metric from the model's. */
  readonly distance: number;
  /** Missing where the model's value is 0. */
  readonly score?: number;
  /** What took the place of the ablated: the corrupt prompt, or the value in words. */
  readonly replacement: string;
}

/** Name of the metric that says how far a run is from the model. */
export function distanceName({ metrics }: RobustnessData): string {
  return metrics.some(({ name }) => name === "kl") ? "kl" : `|${metrics[0]!.name} - model's|`;
}

/** The farthest of one cell, or of all cells that ask for sufficiency: farthest first, ties in order. */
export function worstPrompts(
  data: RobustnessData,
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
  { count, all }: { readonly count: number; readonly all: boolean },
): WorstPrompt[] {
  const chosen = cells.flatMap((cell, i) => {
    const wanted = all ? cell.asks === "sufficiency" : i === 0;
    return wanted && cell.applicable ? [i] : [];
  });
  const found = chosen.flatMap((i) => ofCell(data, i, scale));
  return found.sort((a, b) => b.distance - a.distance).slice(0, count);
}

/** A list for people: distance, score, cell and groups, then the prompt and what replaced it. */
export function worstText(worst: readonly WorstPrompt[], scale: ScoreScale): string {
  return worst.map((one) => entryText(one, scale)).join("\n\n");
}

function entryText(one: WorstPrompt, scale: ScoreScale): string {
  const { prompt, cell, distance, score, replacement } = one;
  const groups = Object.entries(prompt.groups).map(([group, name]) => `${group} ${name}`);
  const wrong = prompt.wrong.length > 0 ? `, not ${prompt.wrong.join(" | ")}` : "";
  const about = [
    distance.toPrecision(3),
    score === undefined ? "no score" : scoreText(score, scale),
    cell,
    groups.join(", "),
  ];
  return [
    about.filter((text) => text !== "").join("   "),
    `  prompt       ${prompt.clean}`,
    `  answer       ${prompt.answers.join(" | ")}${wrong}`,
    `  replacement  ${replacement}`,
    `  id           ${prompt.id}`,
  ].join("\n");
}

function ofCell(data: RobustnessData, index: number, scale: ScoreScale): WorstPrompt[] {
  const { run, label, ablation, levels } = data.cells[index]!;
  if (!run.applicable) return [];
  const metric = data.metrics[0]!.name;
  const scores = new Map(runScores(run, scale).map((score, k) => [scale.prompts[k]!, score]));
  const { value } = ablation;
  const paired = value.kind === "resample" && value.from === "paired";
  const corruption = (paired ? value.corruption : undefined) ?? data.task.corruptions[0]!;
  return data.prompts.map((prompt, i) => {
    const score = scores.get(i);
    return {
      prompt,
      cell: label,
      distance: run.circuit.kl?.[i] ?? Math.abs(run.circuit[metric]![i]! - run.model[metric]![i]!),
      ...(score === undefined ? {} : { score }),
      replacement: paired ? prompt.corrupt[corruption]! : levels.value,
    };
  });
}
