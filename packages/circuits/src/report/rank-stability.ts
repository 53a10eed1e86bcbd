/** @file Whether circuits keep their ranking when the ablation changes (faithfulness.md 5.5, item 9). */

import { flippedPairs, kendallTau } from "@diopter/statistics";
import type { RobustnessReport } from "./robustness-report";

/** Agreement of two cells about which of several circuits is the better one. */
export interface RankAgreement {
  readonly a: string;
  readonly b: string;
  /** Kendall's tau-b of the circuits' median scores; NaN where a cell gives all the same. */
  readonly tau: number;
  /** Names of the circuits that the two cells put in opposite order. */
  readonly flipped: readonly (readonly [string, string])[];
}

/**
 * Every pair of cells that apply in all reports.
 *
 * Throws `RangeError` for fewer than two reports, or reports on different tasks or metrics.
 *
 * @example rankStability([eap, acdc, manual]).filter(({ flipped }) => flipped.length > 0);
 */
export function rankStability(reports: readonly RobustnessReport[]): RankAgreement[] {
  requireAlike(reports);
  const labels = reports[0]!.cells.map(({ label }) => label);
  const rows = labels.flatMap((label) => {
    const scores = reports.flatMap(({ cells }) => {
      const cell = cells.find((one) => one.label === label);
      return cell?.applicable ? [cell.score] : [];
    });
    return scores.length === reports.length ? [{ label, scores }] : [];
  });
  const names = reports.map(({ data }) => data.circuit.name);
  return rows.flatMap((a, i) =>
    rows.slice(i + 1).map((b) => ({
      a: a.label,
      b: b.label,
      tau: kendallTau(a.scores, b.scores),
      flipped: flippedPairs(a.scores, b.scores).map(([x, y]) => [names[x]!, names[y]!] as const),
    })),
  );
}

function requireAlike(reports: readonly RobustnessReport[]): void {
  if (reports.length < 2)
    throw new RangeError(`rankStability: expected 2 reports or more, got ${reports.length}`);
  const [first] = reports;
  for (const { data, scale } of reports) {
    if (data.task.hash !== first!.data.task.hash)
      throw new RangeError(
        `rankStability: reports on different tasks: "${first!.data.task.name}" and "${data.task.name}"`,
      );
    if (scale.metric !== first!.scale.metric)
      throw new RangeError(
        `rankStability: reports on different metrics: ${first!.scale.metric} and ${scale.metric}`,
      );
  }
}
