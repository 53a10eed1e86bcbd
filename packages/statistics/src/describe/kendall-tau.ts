/** @file Agreement of two rankings (Kendall 1938). */

/**
 * Kendall's tau-b of two lists of values: 1 for the same order, -1 for the reverse; ties count half-way.
 *
 * NaN when a list is constant. Takes time by the square of the length. Throws RangeError over NaN or lists of different
 * length.
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [score, inX, inY] = [0, 0, 0];
  eachPair("kendallTau", x, y, (a, b) => {
    score += a * b;
    inX += a * a;
    inY += b * b;
  });
  return score / Math.sqrt(inX * inY);
}

/** Pairs of indices that the two lists put in opposite order. */
export function flippedPairs(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): (readonly [number, number])[] {
  const flipped: (readonly [number, number])[] = [];
  eachPair("flippedPairs", x, y, (a, b, i, j) => {
    if (a * b < 0) flipped.push([i, j]);
  });
  return flipped;
}

function eachPair(
  name: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  visit: (signX: number, signY: number, i: number, j: number) => void,
): void {
  if (x.length !== y.length || x.length < 2) {
    throw new RangeError(
      `${name}: expected two lists of 2 or more, got ${x.length} and ${y.length}`,
    );
  }
  if (Array.from(x).some(Number.isNaN) || Array.from(y).some(Number.isNaN)) {
    throw new RangeError(`${name}: a value is NaN`);
  }
  for (let j = 1; j < x.length; j++) {
    for (let i = 0; i < j; i++) visit(order(x[i]!, x[j]!), order(y[i]!, y[j]!), i, j);
  }
}

function order(a: number, b: number): number {
  return a < b ? 1 : a > b ? -1 : 0;
}
