/** @file Intervals of means and of ratios, by the cluster bootstrap and by the delta method side by side. */

import { checkOptions, type OptionKeys } from "@diopter/tensor";
import { type RatioOptions, ratioSummary } from "../describe/ratio-summary";
import { checkVectors, meanOf } from "../describe/vectors";
import {
  type BootstrapBounds,
  bootstrapKeys,
  boundsUnder,
  type ClusterBootstrapOptions,
  checkLevel,
  type WeightedStatistic,
} from "./cluster-bootstrap";
import { type Clusters, clusterNote, clustersOf } from "./clusters";
import { type DeltaInterval, deltaInterval, meanInfluence, ratioInfluence } from "./delta-interval";
import { weightedMedian, weightedRatio } from "./weighted-statistics";

export interface IntervalOptions extends ClusterBootstrapOptions {
  /** Label of each value's cluster [n], such as its prompt's template; without it values count as independent. */
  clusters?: ArrayLike<string | number>;
}

export interface RatioIntervalsOptions
  extends IntervalOptions,
    Pick<RatioOptions, "scale" | "name"> {}

export const intervalKeys: OptionKeys<IntervalOptions> = { ...bootstrapKeys, clusters: "optional" };

/** An estimate with its intervals; the median has none by the delta method. */
export interface Estimate {
  readonly estimate: number;
  readonly bootstrap: BootstrapBounds;
  readonly delta?: DeltaInterval;
}

export interface IntervalBasis {
  readonly n: number;
  /** Number of clusters, where labels were given. */
  readonly clusters?: number;
  readonly level: number;
  /** Says so where the intervals rest on few clusters or values. */
  readonly note?: string;
}

export interface MeanIntervals extends IntervalBasis {
  readonly mean: Estimate;
  readonly median: Estimate;
}

export interface RatioIntervals extends IntervalBasis {
  readonly ratioOfMeans: Estimate;
  readonly meanOfRatios: Estimate;
  readonly median: Estimate;
  /** Indices of those without a ratio, which the mean and the median of ratios leave out. */
  readonly undefinedAt: readonly number[];
}

/**
 * Intervals of the mean and the median of values [n], such as KL or accuracy.
 *
 * With clusters both methods count them, not their values, as independent. Throws RangeError over fewer than 2 values or
 * clusters, or values that are not finite.
 *
 * @example
 * intervals(kl, { seed: 1, clusters: templates }).mean.delta; // { low, high, se, df }
 */
export function intervals(values: ArrayLike<number>, options: IntervalOptions): MeanIntervals {
  checkOptions("intervals", options, intervalKeys);
  const { values: list } = checkVectors({ values }, "intervals");
  const ones = new Float64Array(list.length).fill(1);
  const setup = setUp("intervals", list.length, options);
  const estimates = estimate(setup, {
    mean: [meanOf(list), weightedRatio(list, ones), meanInfluence(list)],
    median: [weightedMedian(list)(ones), weightedMedian(list)],
  });
  return { ...setup.basis, ...estimates };
}

/**
 * Intervals of the ratio of means, the mean of ratios and their median, for numerators [n] over denominators [n].
 *
 * Throws RangeError as `intervals` and `ratioSummary` do.
 *
 * @example
 * ratioIntervals(circuit, model, { seed: 1, scale: 100 }).ratioOfMeans; // percent, with both intervals
 */
export function ratioIntervals(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
  options: RatioIntervalsOptions,
): RatioIntervals {
  checkOptions("ratioIntervals", options, { ...intervalKeys, scale: "optional", name: "optional" });
  const { scale = 1, name = "ratioIntervals" } = options;
  const summary = ratioSummary(numerators, denominators, { scale, name });
  const vectors = checkVectors({ numerators, denominators }, name);
  const [above, below] = [vectors.numerators, vectors.denominators];
  const setup = setUp(name, above.length, options);
  // The mean of the ratios that exist is itself a ratio: of their sum to their number.
  const exists = below.map((d) => (d === 0 ? 0 : 1));
  const ratios = summary.ratios.map((ratio, i) => (exists[i] ? ratio : 0));
  const influence = ratioInfluence(above, below).map((psi) => scale * psi);
  const estimates = estimate(setup, {
    ratioOfMeans: [summary.ratioOfMeans, weightedRatio(above, below, scale), influence],
    meanOfRatios: [
      summary.meanOfRatios,
      weightedRatio(ratios, exists),
      ratioInfluence(ratios, exists),
    ],
    median: [summary.median, weightedMedian(summary.ratios)],
  });
  return { ...setup.basis, ...estimates, undefinedAt: summary.undefinedAt };
}

type Recipe = readonly [number, WeightedStatistic, Float64Array?];

interface Setup {
  readonly basis: IntervalBasis;
  readonly clusters: Clusters;
  readonly options: IntervalOptions;
}

function setUp(name: string, n: number, options: IntervalOptions): Setup {
  const { level = 0.95 } = options;
  checkLevel(name, level);
  const clusters = clustersOf(n, options.clusters, name);
  const note = clusterNote(clusters);
  const basis = {
    n,
    level,
    ...(clusters.labelled ? { clusters: clusters.groups.length } : {}),
    ...(note === undefined ? {} : { note }),
  };
  return { basis, clusters, options };
}

function estimate<K extends string>(
  { basis, clusters, options }: Setup,
  recipes: Readonly<Record<K, Recipe>>,
): Record<K, Estimate> {
  const entries = Object.entries<Recipe>(recipes) as [K, Recipe][];
  const statistics = Object.fromEntries(entries.map(([key, [, statistic]]) => [key, statistic]));
  const bounds = boundsUnder<string>(statistics, clusters, options);
  const results = entries.map(([key, [value, , influence]]): [K, Estimate] => {
    const bootstrap = bounds[key]!;
    if (!influence) return [key, { estimate: value, bootstrap }];
    const delta = deltaInterval(value, influence, clusters, basis.level);
    return [key, { estimate: value, bootstrap, delta }];
  });
  return Object.fromEntries(results) as Record<K, Estimate>;
}
