/** @file How far a score moves with each choice of the ablation: paired changes, variance shares and range over cells. */

import { type Levels, quantile, varianceShares } from "@diopter/statistics";

/** The score under one combination of choices. */
export interface ScoredCell {
  /** Level of every axis, such as `{ component: "edge", value: "resample" }`. */
  readonly options: Levels;
  /** By prompt [prompt]; ratios without a value are to be left out before. */
  readonly values: ArrayLike<number>;
}

export interface AxisChange {
  /** Absolute change of the cells' median score over pairs of cells that differ in this axis only. */
  readonly max: number;
  readonly median: number;
  /** Indices of the two cells that differ most. */
  readonly between: readonly [number, number];
}

export interface AxisSensitivity {
  readonly axis: string;
  readonly levels: readonly string[];
  /** Number of pairs of cells that differ in this axis only. */
  readonly pairs: number;
  /** Missing where there are no such pairs. */
  readonly change?: AxisChange;
  /** Share of the variance of cell medians: see `varianceShares`. */
  readonly varianceShare: number;
}

export interface Sensitivity {
  readonly axes: readonly AxisSensitivity[];
  /** Share of the variance of cell medians that axes one by one do not explain. */
  readonly interactions: number;
  /** Median score of each cell [cell]. */
  readonly medians: Float64Array;
  /** The headline: lowest and highest cell median, with the indices of their cells. */
  readonly range: {
    readonly low: number;
    readonly high: number;
    readonly lowCell: number;
    readonly highCell: number;
  };
}

/**
 * Sensitivity of the median score to each axis, over cells that name the same axes.
 *
 * Throws RangeError for no cells, unlike axes, the same options twice, or a cell whose median is not finite.
 */
export function sensitivity(cells: readonly ScoredCell[]): Sensitivity {
  const axes = axesOf(cells);
  const medians = Float64Array.from(cells, medianOf);
  const options = cells.map((cell) => cell.options);
  const { shares, rest } = varianceShares(medians, options, axes);
  const [low, high] = [Math.min(...medians), Math.max(...medians)];
  return {
    axes: axes.map((axis) => ({
      axis,
      levels: [...new Set(options.map((option) => option[axis]!))],
      ...changesOf(axis, axes, options, medians),
      varianceShare: shares[axis]!,
    })),
    interactions: rest,
    medians,
    range: { low, high, lowCell: medians.indexOf(low), highCell: medians.indexOf(high) },
  };
}

function axesOf(cells: readonly ScoredCell[]): string[] {
  if (cells.length === 0) throw new RangeError("sensitivity: no cells");
  const axes = Object.keys(cells[0]!.options);
  const seen = new Set<string>();
  for (const { options } of cells) {
    const names = Object.keys(options);
    if (names.length !== axes.length || !axes.every((axis) => axis in options)) {
      throw new RangeError(
        `sensitivity: expected the axes [${axes}] in every cell, got [${names}]`,
      );
    }
    const key = keyOf(options, axes);
    if (seen.has(key)) throw new RangeError(`sensitivity: two cells with the options ${key}`);
    seen.add(key);
  }
  return axes;
}

function medianOf({ options, values }: ScoredCell): number {
  const list = Array.from(values);
  const median = list.length > 0 && !list.some(Number.isNaN) ? quantile(list, 0.5) : Number.NaN;
  if (Number.isFinite(median)) return median;
  throw new RangeError(
    `sensitivity: the median of ${list.length} values is not finite in the cell ${JSON.stringify(options)}`,
  );
}

function changesOf(
  axis: string,
  axes: readonly string[],
  options: readonly Levels[],
  medians: Float64Array,
): { pairs: number; change?: AxisChange } {
  const others = axes.filter((name) => name !== axis);
  const alike = new Map<string, number[]>();
  for (const [i, option] of options.entries()) {
    const key = keyOf(option, others);
    alike.set(key, [...(alike.get(key) ?? []), i]);
  }
  const changes: number[] = [];
  let [max, between] = [-1, [0, 0] as readonly [number, number]];
  for (const group of alike.values()) {
    for (const [k, i] of group.entries()) {
      for (const j of group.slice(k + 1)) {
        const change = Math.abs(medians[i]! - medians[j]!);
        changes.push(change);
        if (change > max) [max, between] = [change, [i, j]];
      }
    }
  }
  if (changes.length === 0) return { pairs: 0 };
  return { pairs: changes.length, change: { max, median: quantile(changes, 0.5), between } };
}

function keyOf(options: Levels, axes: readonly string[]): string {
  return JSON.stringify(axes.map((axis) => options[axis]));
}
