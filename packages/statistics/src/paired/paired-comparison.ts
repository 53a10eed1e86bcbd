/** @file Two lists of values of the same prompts: difference with intervals and paired tests, never an unpaired one. */

import { checkOptions } from "@diopter/tensor";
import { checkVectors } from "../describe/vectors";
import { clustersOf } from "../intervals/clusters";
import {
  type IntervalOptions,
  intervalKeys,
  intervals,
  type MeanIntervals,
} from "../intervals/intervals";
import { type SignFlipResult, signFlipTest } from "./sign-flip-test";
import { type WilcoxonResult, wilcoxonSignedRank } from "./wilcoxon";

export interface PairedOptions extends IntervalOptions {
  /** Sign patterns of the permutation test; default 10,000. */
  permutations?: number;
}

export interface PairedComparison {
  /** Of a - b, one by one: mean and median with intervals. */
  readonly difference: MeanIntervals;
  readonly wilcoxon: WilcoxonResult;
  readonly permutation: SignFlipResult;
  /** What the tests take as independent; for clusters Wilcoxon's ranks are of the clusters' mean differences. */
  readonly unit: "value" | "cluster";
}

/** Compares values a [n] and b [n] of the same things in the same order; throws RangeError as `intervals` does. */
export function pairedComparison(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: PairedOptions,
): PairedComparison {
  checkOptions("pairedComparison", options, { ...intervalKeys, permutations: "optional" });
  const { permutations, ...interval } = options;
  const { seed, clusters } = interval;
  const values = checkVectors({ a, b }, "pairedComparison");
  const differences = values.a.map((value, i) => value - values.b[i]!);
  const { groups, labelled } = clustersOf(differences.length, clusters, "pairedComparison");
  const units = groups.map(
    (group) => group.reduce((total, i) => total + differences[i]!, 0) / group.length,
  );
  return {
    difference: intervals(differences, interval),
    wilcoxon: wilcoxonSignedRank(units),
    permutation: signFlipTest(differences, {
      seed,
      ...(clusters && { clusters }),
      ...(permutations !== undefined && { permutations }),
    }),
    unit: labelled ? "cluster" : "value",
  };
}
