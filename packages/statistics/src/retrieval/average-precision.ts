/** @file Area under precision against recall, by steps. */

import { checkOptions } from "@diopter/tensor";
import { type Truth, tiedGroups } from "./roc";

/**
 * Σ over thresholds of the gain in recall times the precision there; elements of equal score enter together.
 *
 * Throws RangeError as `rocCurve` does.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  truth: Truth,
  options: { weights?: ArrayLike<number> } = {},
): number {
  checkOptions("averagePrecision", options, { weights: "optional" });
  const { weights } = options;
  let [hits, chosen, area] = [0, 0, 0];
  for (const { positive, negative } of tiedGroups("averagePrecision", scores, truth, weights)) {
    hits += positive;
    chosen += positive + negative;
    if (positive > 0) area += positive * (hits / chosen);
  }
  return area / hits;
}
