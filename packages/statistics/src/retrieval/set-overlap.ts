/** @file How a set of elements compares with a reference set. */

import { checkOptions } from "@diopter/tensor";

export interface SetOverlap<T> {
  /** Share of the found that is in the reference. */
  readonly precision: number;
  /** Share of the reference that was found. */
  readonly recall: number;
  readonly f1: number;
  /** Share of all that either has which both have. */
  readonly jaccard: number;
  readonly both: readonly T[];
  readonly onlyFound: readonly T[];
  readonly onlyTruth: readonly T[];
}

/**
 * Precision, recall, F1 and Jaccard index of two sets, elements counted by weight (1 by default).
 *
 * A share of nothing is NaN. Throws RangeError for a weight below 0.
 *
 * @example
 * setOverlap(["a", "b"], ["b", "c"]).jaccard; // 1 / 3
 */
export function setOverlap<T>(
  found: Iterable<T>,
  truth: Iterable<T>,
  options: { weight?: (element: T) => number } = {},
): SetOverlap<T> {
  checkOptions("setOverlap", options, { weight: "optional" });
  const { weight = () => 1 } = options;
  const [here, there] = [new Set(found), new Set(truth)];
  const both = [...here].filter((element) => there.has(element));
  const onlyFound = [...here].filter((element) => !there.has(element));
  const onlyTruth = [...there].filter((element) => !here.has(element));
  const [shared, extra, missed] = [both, onlyFound, onlyTruth].map((part) =>
    total(part, weight),
  ) as [number, number, number];
  return {
    precision: shared / (shared + extra),
    recall: shared / (shared + missed),
    f1: (2 * shared) / (2 * shared + extra + missed),
    jaccard: shared / (shared + extra + missed),
    both,
    onlyFound,
    onlyTruth,
  };
}

function total<T>(elements: readonly T[], weight: (element: T) => number): number {
  return elements.reduce((sum, element) => {
    const w = weight(element);
    if (!(w >= 0))
      throw new RangeError(`setOverlap: weight of ${String(element)} is ${w}, expected 0 or more`);
    return sum + w;
  }, 0);
}
