/** @file Scores by what prompts belong to, such as their template or order. */

import { own } from "../schema/schema";
import type { CellSummary, CellWithout } from "./cell-summary";
import type { RobustnessData } from "./data";
import { medianOf, type ScoreScale } from "./score-scale";

export interface SplitRow {
  readonly cell: string;
  /** The part of the prompts, such as "ABBA". */
  readonly part: string;
  readonly n: number;
  readonly median: number;
}

/** Groups that part the prompts, such as `template` and `order`. */
export function groupNames({ prompts }: RobustnessData): string[] {
  const names = new Set(prompts.flatMap(({ groups }) => Object.keys(groups)));
  return [...names].filter(
    (name) => new Set(prompts.map(({ groups }) => own(groups, name) ?? "none")).size > 1,
  );
}

/** Median score of every applicable cell in every part. */
export function splitBy(
  { prompts }: RobustnessData,
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
  group: string,
): SplitRow[] {
  const parts = scale.prompts.map((i) => own(prompts[i]!.groups, group) ?? "none");
  return cells.flatMap((cell) => {
    if (!cell.applicable) return [];
    return [...new Set(parts)].sort().map((part) => {
      const scores = cell.scores.filter((_, k) => parts[k] === part);
      return { cell: cell.label, part, n: scores.length, median: medianOf(scores) };
    });
  });
}
