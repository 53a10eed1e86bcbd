/** @file Bootstrap over values or over clusters of values (Efron 1979; Davison and Hinkley 1997, 3.8). */

import { checkOptions, erfOf, type OptionKeys, Random, type Seed } from "@diopter/tensor";
import { quantile } from "../describe/spread";
import type { Clusters } from "./clusters";
import { studentTQuantile } from "./student-t";

/** A statistic of a resample, given as how often each value occurs in it [n]. */
export type WeightedStatistic = (weights: Float64Array) => number;

export interface ClusterBootstrapOptions {
  seed: Seed;
  /** Probability that the interval should cover; default 0.95. */
  level?: number;
  /** Default 2000. */
  resamples?: number;
  /**
   * `clusters` (default) draws whole clusters; `clusters-then-values` draws values again within each drawn cluster.
   *
   * The second counts the scatter within clusters twice: it covers too often unless clusters differ much.
   */
  draw?: "clusters" | "clusters-then-values";
}

export const bootstrapKeys: OptionKeys<ClusterBootstrapOptions> = {
  seed: "required",
  level: "optional",
  resamples: "optional",
  draw: "optional",
};

export interface BootstrapBounds {
  readonly low: number;
  readonly high: number;
  readonly resamples: number;
  /** Resamples on which the statistic did not exist; left out. */
  readonly undefinedDraws: number;
}

/**
 * Percentile intervals of several statistics over the same resamples.
 *
 * The percentiles lie further out than the level by the factor that makes a t interval of a normal one (Hesterberg 2015),
 * without which few clusters cover too little. Throws RangeError for a level outside (0, 1) or no resamples.
 */
export function clusterBootstrap<K extends string>(
  statistics: Readonly<Record<K, WeightedStatistic>>,
  clusters: Clusters,
  options: ClusterBootstrapOptions,
): Record<K, BootstrapBounds> {
  checkOptions("clusterBootstrap", options, bootstrapKeys);
  return boundsUnder(statistics, clusters, options);
}

/** The same for options that have been checked, among others. */
export function boundsUnder<K extends string>(
  statistics: Readonly<Record<K, WeightedStatistic>>,
  clusters: Clusters,
  options: ClusterBootstrapOptions,
): Record<K, BootstrapBounds> {
  const { level = 0.95, resamples = 2000, draw = "clusters" } = options;
  checkLevel("clusterBootstrap", level);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`clusterBootstrap: resamples is ${resamples}, expected 1 or more`);
  }
  const random = Random.from(options.seed);
  const names = Object.keys(statistics) as K[];
  const draws = names.map(() => new Float64Array(resamples));
  const weights = new Float64Array(clusters.n);
  const fill = draw === "clusters" ? drawClusters : drawTwice;
  for (let i = 0; i < resamples; i++) {
    fill(weights.fill(0), clusters, random);
    for (let k = 0; k < names.length; k++) draws[k]![i] = statistics[names[k]!](weights);
  }
  const tail = expandedTail(level, clusters.groups.length);
  const bounds = names.map((name, k) => [name, boundsOf(draws[k]!, tail)]);
  return Object.fromEntries(bounds) as Record<K, BootstrapBounds>;
}

/** Throws RangeError for a level outside (0, 1). */
export function checkLevel(name: string, level: number): void {
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`${name}: level is ${level}, expected (0, 1)`);
  }
}

function drawClusters(weights: Float64Array, { groups }: Clusters, random: Random): void {
  for (let g = 0; g < groups.length; g++) {
    const group = groups[random.integer(0, groups.length)]!;
    for (let k = 0; k < group.length; k++) weights[group[k]!]! += 1;
  }
}

function drawTwice(weights: Float64Array, { groups }: Clusters, random: Random): void {
  for (let g = 0; g < groups.length; g++) {
    const group = groups[random.integer(0, groups.length)]!;
    for (let k = 0; k < group.length; k++) weights[group[random.integer(0, group.length)]!]! += 1;
  }
}

/** Share of draws to leave beyond each bound: Φ(-√(G / (G - 1)) · t). */
function expandedTail(level: number, count: number): number {
  const t = studentTQuantile((1 + level) / 2, count - 1);
  const reach = Math.sqrt(count / (count - 1)) * t;
  return (1 - erfOf(reach / Math.SQRT2)) / 2;
}

function boundsOf(draws: Float64Array, tail: number): BootstrapBounds {
  const defined = draws.filter(Number.isFinite);
  const bound = (q: number) => (defined.length > 0 ? quantile(defined, q) : Number.NaN);
  return {
    low: bound(tail),
    high: bound(1 - tail),
    resamples: draws.length,
    undefinedDraws: draws.length - defined.length,
  };
}
