/** @file What follows from the measured data of a robustness report. */

import { checkOptions, inspectable } from "@diopter/tensor";
import { type Sensitivity, sensitivity } from "../metrics/sensitivity";
import { type CellSummary, type CellWithout, cellSummary } from "./cell-summary";
import { axisNames } from "./cell-words";
import { type CellComparison, compareCells } from "./comparisons";
import type { Check, RobustnessData } from "./data";
import { type Headline, headlineOf } from "./headline";
import { type MeanSetPoint, meanSetCurve } from "./mean-set-curve";
import { type ScoreScale, scaleOf } from "./score-scale";
import { groupNames, type SplitRow, splitBy } from "./split";
import { type WorstPrompt, worstPrompts } from "./worst-prompts";

/**
 * The measured data, and what follows from them.
 *
 * Scores are percent of the model's value by prompt; where the metric has no such share, its values.
 */
export class Findings {
  readonly data: RobustnessData;
  readonly scale: ScoreScale;
  #cells: readonly (CellSummary | CellWithout)[] | undefined;

  constructor(data: RobustnessData) {
    inspectable(this);
    this.data = data;
    this.scale = scaleOf(data);
  }

  /** Every cell, the author's first; those without meaning with their reason. */
  get cells(): readonly (CellSummary | CellWithout)[] {
    this.#cells ??= this.data.cells.map((_, i) => cellSummary(this.data, i, this.scale));
    return this.#cells;
  }

  /** The author's cell, then the range over cells, then the random circuits. */
  get headline(): Headline {
    return headlineOf(this.cells, this.scale, this.data.compared);
  }

  /** Identities evaluated on this very run. */
  get checks(): readonly Check[] {
    return this.data.checks;
  }

  /** Names of the groups that part the prompts, such as `template` and `order`. */
  get groups(): string[] {
    return groupNames(this.data);
  }

  /** How far the median score moves with each axis that varies; undefined where fewer than 2 cells apply. */
  sensitivity(
    options: { readonly asks?: CellSummary["asks"] | undefined } = {},
  ): Sensitivity | undefined {
    checkOptions("RobustnessReport.sensitivity", options, { asks: "optional" });
    const { asks } = options;
    const cells = this.cells.filter(
      (cell): cell is CellSummary => cell.applicable && (asks === undefined || cell.asks === asks),
    );
    if (cells.length < 2) return undefined;
    const varying = axisNames.filter(
      (axis) => new Set(cells.map(({ levels }) => levels[axis])).size > 1,
    );
    return sensitivity(
      cells.map(({ levels, scores }) => ({
        options: Object.fromEntries(varying.map((axis) => [axis, levels[axis]])),
        values: scores,
      })),
    );
  }

  /** Paired tests of every cell against the author's, or of all pairs. */
  comparisons(options: { readonly pairs?: "original" | "all" } = {}): CellComparison[] {
    checkOptions("RobustnessReport.comparisons", options, { pairs: "optional" });
    const { pairs = "original" } = options;
    return compareCells(this.data, this.cells, this.scale, pairs);
  }

  /** Median scores by what prompts belong to. */
  split(group: string): SplitRow[] {
    return splitBy(this.data, this.cells, this.scale, group);
  }

  /** Score by the number of prompts in the mean; empty unless it was asked for. */
  meanSetCurve(): MeanSetPoint[] {
    return meanSetCurve(this.data, this.scale);
  }

  /** The prompts on which the author's cell is farthest from the model. */
  worstPrompts(count = 10): WorstPrompt[] {
    return worstPrompts(this.data, this.cells, this.scale, { count, all: false });
  }

  /** The same over all pairs of a prompt and what it was ablated with, in cells that ask for sufficiency. */
  worstPairs(count = 10): WorstPrompt[] {
    return worstPrompts(this.data, this.cells, this.scale, { count, all: true });
  }
}
