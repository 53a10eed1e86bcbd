/** @file Faithfulness on the scale from the empty circuit to the model, f = (circuit - empty) / (model - empty). */

import {
  checkVectors,
  type IntervalOptions,
  type RatioIntervals,
  type RatioSummary,
  ratioIntervals,
  ratioSummary,
} from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";
import { requireWhole, type ShareOptions } from "./recovered";

/** Per-prompt values of one metric [prompt] under one ablation. */
export interface FaithfulnessValues {
  readonly circuit: ArrayLike<number>;
  /** With everything ablated in the same way. */
  readonly empty: ArrayLike<number>;
  /** Of the full model: 0 everywhere for a divergence from it. */
  readonly model: ArrayLike<number>;
}

/**
 * Normalized faithfulness, 0 for the empty circuit and 1 for the model, never clipped; `ratioOfMeans` is the usual f.
 *
 * Throws RangeError as `recovered` does; prompts on which model and empty circuit agree have no ratio and are listed.
 *
 * @example
 * normalizedFaithfulness({ circuit: [2], empty: [1], model: [3] }).ratioOfMeans; // 0.5
 */
export function normalizedFaithfulness(
  values: FaithfulnessValues,
  options: ShareOptions = {},
): RatioSummary {
  checkOptions("normalizedFaithfulness", options, { trim: "optional", tinyBelow: "optional" });
  const name = "normalizedFaithfulness";
  return ratioSummary(...gapsOf(name, values), { ...options, name });
}

/** Intervals of `normalizedFaithfulness`, whose ratio of means is f; throws RangeError as that and `intervals` do. */
export function faithfulnessIntervals(
  values: FaithfulnessValues,
  options: IntervalOptions,
): RatioIntervals {
  checkOptions("faithfulnessIntervals", options, {
    clusters: "optional",
    seed: "required",
    level: "optional",
    resamples: "optional",
    draw: "optional",
  });
  const name = "faithfulnessIntervals";
  return ratioIntervals(...gapsOf(name, values), { ...options, name });
}

/** Circuit - empty and model - empty by prompt. */
function gapsOf(
  name: string,
  { circuit, empty, model }: FaithfulnessValues,
): [gained: Float64Array, whole: Float64Array] {
  const values = checkVectors({ circuit, empty, model }, name);
  const minusEmpty = (list: Float64Array) => list.map((value, i) => value - values.empty[i]!);
  const whole = minusEmpty(values.model);
  requireWhole(name, whole);
  return [minusEmpty(values.circuit), whole];
}
