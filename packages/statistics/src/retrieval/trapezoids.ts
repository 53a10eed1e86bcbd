/** @file Area under a curve given by points. */

/**
 * Area under straight lines through the points (x[i], y[i]).
 *
 * Throws RangeError over different lengths, fewer than 2 points, numbers that are not finite, or x that falls.
 *
 * @example
 * trapezoids([0, 10, 100], [0, 0.5, 1]); // 70: 10 at 0.25, 90 at 0.75
 */
export function trapezoids(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  if (n < 2 || y.length !== n) {
    throw new RangeError(`trapezoids: expected two lists of 2 or more, got ${n} and ${y.length}`);
  }
  let area = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) {
      throw new RangeError(`trapezoids: point ${i} is (${x[i]}, ${y[i]}), expected finite numbers`);
    }
    if (i === 0) continue;
    if (x[i]! < x[i - 1]!) {
      throw new RangeError(`trapezoids: x falls from ${x[i - 1]} to ${x[i]} at point ${i}`);
    }
    area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  }
  return area;
}
