/** @file The curve of a score over the number of prompts in a mean. */

import type { RobustnessData } from "./data";
import { medianOf, type ScoreScale, scoresOf } from "./score-scale";

export interface MeanSetPoint {
  /** Prompts in each mean. */
  readonly size: number;
  /** Mean, lowest and highest of the draws' median scores. */
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly draws: number;
}

/** Sizes none of whose draws could be run are left out. */
export function meanSetCurve(
  { meanSets, cells }: RobustnessData,
  scale: ScoreScale,
): MeanSetPoint[] {
  const run = cells.map((cell) => cell.run).find((one) => one.applicable);
  if (!meanSets || !run?.applicable) return [];
  const model = run.model[scale.metric]!;
  return meanSets.points.flatMap(({ size, draws }) => {
    if (draws.length === 0) return [];
    const medians = draws.map((values) => medianOf(scoresOf(values, model, scale)));
    return [
      {
        size,
        score: medians.reduce((sum, median) => sum + median, 0) / medians.length,
        low: Math.min(...medians),
        high: Math.max(...medians),
        draws: medians.length,
      },
    ];
  });
}
