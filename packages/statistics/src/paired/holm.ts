/** @file Holm's correction for many tests (1979). */

/**
 * Adjusted p values in the order given: below a level, they keep the chance of any false alarm below it.
 *
 * Throws RangeError for a p outside [0, 1].
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 */
export function holm(pValues: ArrayLike<number>): Float64Array {
  const list = Float64Array.from(pValues);
  const bad = list.findIndex((p) => !(p >= 0 && p <= 1));
  if (bad >= 0) throw new RangeError(`holm: p value ${bad} is ${list[bad]}, expected [0, 1]`);
  const order = [...list.keys()].sort((a, b) => list[a]! - list[b]!);
  const adjusted = new Float64Array(list.length);
  let highest = 0;
  for (const [place, i] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (list.length - place) * list[i]!));
    adjusted[i] = highest;
  }
  return adjusted;
}
