/** @file Scores and a selection against a reference circuit, with the ablation that the reference was defined by. */

import {
  auroc,
  averagePrecision,
  type RocOptions,
  type RocPoint,
  rocCurve,
  rocPlateau,
  type Truth,
} from "@diopter/statistics";

export interface Reference {
  readonly name: string;
  /** The ablation by which the reference was found, such as `resample`: under another one it is no truth. */
  readonly definedBy: string;
  /** Which elements it has [element]. */
  readonly truth: Truth;
}

export interface ReferenceComparison {
  readonly reference: string;
  readonly definedBy: string;
  readonly ties: "pessimistic" | "trapezoid";
  readonly points: readonly RocPoint[];
  readonly auroc: number;
  readonly averagePrecision: number;
  /** True positive rate reached before all false positives are let in. */
  readonly plateau: number;
}

/** Everything about scores [element] against a reference; throws RangeError as `rocCurve` does. */
export function compareToReference(
  scores: ArrayLike<number>,
  { name, definedBy, truth }: Reference,
  options: RocOptions = {},
): ReferenceComparison {
  const points = rocCurve(scores, truth, options);
  return {
    reference: name,
    definedBy,
    ties: options.ties ?? "pessimistic",
    points,
    auroc: auroc(scores, truth, options),
    averagePrecision: averagePrecision(scores, truth, options),
    plateau: rocPlateau(points),
  };
}
