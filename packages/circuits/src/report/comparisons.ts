/** @file Cells compared in pairs, on the same prompts, with Holm's correction over all comparisons of a report. */

import { holm, type PairedComparison, pairedComparison } from "@diopter/statistics";
import { type CellSummary, type CellWithout, intervalOptions } from "./cell-summary";
import type { RobustnessData } from "./data";
import type { ScoreScale } from "./score-scale";

export interface CellComparison extends Omit<PairedComparison, "unit"> {
  readonly a: string;
  readonly b: string;
  /** What the tests take as independent. */
  readonly unit: "prompt" | "cluster";
  /** p values after Holm's correction. */
  readonly holm: { readonly wilcoxon: number; readonly permutation: number };
}

/** Differences a - b of scores: of every cell from the author's, or of all pairs. None with fewer than 2 prompts. */
export function compareCells(
  data: RobustnessData,
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
  pairs: "original" | "all",
): CellComparison[] {
  const applicable = cells.filter((cell): cell is CellSummary => cell.applicable);
  if (scale.prompts.length < 2) return [];
  const wanted = applicable.flatMap((b, i) =>
    pairs === "all" || b.original ? applicable.slice(i + 1).map((a) => [a, b] as const) : [],
  );
  const options = intervalOptions(data, scale.prompts);
  const compared = wanted.map(([a, b]) => ({
    a: a.label,
    b: b.label,
    ...pairedComparison(a.scores, b.scores, options),
    unit: options.clusters ? ("cluster" as const) : ("prompt" as const),
  }));
  const byRanks = holm(compared.map(({ wilcoxon }) => wilcoxon.p));
  const bySigns = holm(compared.map(({ permutation }) => permutation.p));
  return compared.map((one, i) => ({
    ...one,
    holm: { wilcoxon: byRanks[i]!, permutation: bySigns[i]! },
  }));
}
