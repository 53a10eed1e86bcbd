/** @file How much of the variance of one number each factor explains, for unbalanced designs too. */

/** Level of every factor, such as `{ value: "zero", tokens: "all" }`. */
export type Levels = Readonly<Record<string, string>>;

export interface VarianceShares {
  /** By factor; together they are the share that main effects explain. */
  readonly shares: Readonly<Record<string, number>>;
  /** What main effects leave: interactions of factors. */
  readonly rest: number;
  /** Of the values, as a population. */
  readonly variance: number;
}

/** Every subset of the factors is fitted once, so their number is bounded. */
const mostFactors = 12;

/**
 * Shares of the variance by factor: the gain in R² of a main-effects model when the factor enters, averaged over all
 * orders in which factors can enter (Lindeman, Merenda and Gold 1980).
 *
 * In a balanced design these are the sums of squares of the usual analysis of variance over the total; in an unbalanced
 * one what factors explain jointly is split evenly. Without variance all are 0. Throws RangeError over more than 12 factors.
 */
export function varianceShares(
  values: ArrayLike<number>,
  levels: readonly Levels[],
  factors: readonly string[],
): VarianceShares {
  if (factors.length > mostFactors) {
    throw new RangeError(
      `varianceShares: ${factors.length} factors, expected at most ${mostFactors}`,
    );
  }
  const n = values.length;
  const mean = Array.from(values).reduce((total, value) => total + value, 0) / n;
  const centred = Float64Array.from(values, (value) => value - mean);
  const total = dot(centred, centred);
  const variance = total / n;
  // Below rounding of the values themselves nothing is left to share.
  if (total <= n * (1e-13 * mean) ** 2) {
    return { shares: Object.fromEntries(factors.map((f) => [f, 0])), rest: 0, variance };
  }
  const columns = factors.map((factor) => columnsOf(factor, levels));
  const explained = Float64Array.from({ length: 2 ** factors.length }, (_, subset) => {
    const chosen = columns.filter((_, k) => (subset >> k) & 1).flat();
    return explainedBy(centred, chosen) / total;
  });
  const shares = factors.map((factor, k) => [factor, meanGain(explained, k, factors.length)]);
  return {
    shares: Object.fromEntries(shares),
    rest: 1 - explained.at(-1)!,
    variance,
  };
}

/** Mean over orders of what bit k adds; an order's share goes by the size of the subset before it. */
function meanGain(explained: Float64Array, k: number, factors: number): number {
  const bit = 1 << k;
  let gain = 0;
  for (let subset = 0; subset < explained.length; subset++) {
    if (subset & bit) continue;
    const weight = 1 / (factors * choose(factors - 1, bits(subset)));
    gain += weight * (explained[subset | bit]! - explained[subset]!);
  }
  return gain;
}

/** One centred indicator [value] for each level but the first. */
function columnsOf(factor: string, levels: readonly Levels[]): Float64Array[] {
  const names = [...new Set(levels.map((level) => level[factor]!))].slice(1);
  return names.map((name) => {
    const column = Float64Array.from(levels, (level) => (level[factor] === name ? 1 : 0));
    const mean = column.reduce((total, value) => total + value, 0) / column.length;
    return column.map((value) => value - mean);
  });
}

/** Squared length of the part of y in the span of the columns (Gram and Schmidt, twice; dependent columns add nothing). */
function explainedBy(y: Float64Array, columns: readonly Float64Array[]): number {
  const basis: Float64Array[] = [];
  let explained = 0;
  for (const column of columns) {
    const rest = column.slice();
    for (const direction of [...basis, ...basis]) {
      const along = dot(rest, direction);
      for (let i = 0; i < rest.length; i++) rest[i]! -= along * direction[i]!;
    }
    const size = Math.sqrt(dot(rest, rest));
    if (size <= 1e-9 * Math.sqrt(dot(column, column))) continue;
    const direction = rest.map((value) => value / size);
    basis.push(direction);
    explained += dot(y, direction) ** 2;
  }
  return explained;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function bits(subset: number): number {
  let count = 0;
  for (let rest = subset; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
