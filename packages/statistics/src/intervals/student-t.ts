/** @file Quantiles of Student's t distribution for whole degrees of freedom. */

/**
 * The value that a t-distributed number stays below with probability `p`.
 *
 * Bisection of the finite sums that the distribution function has for whole degrees of freedom (Abramowitz and Stegun
 * 26.7.3 and 26.7.4). Throws RangeError for p outside (0, 1) or degrees of freedom below 1 or broken.
 *
 * @example
 * studentTQuantile(0.975, 10); // 2.228
 */
export function studentTQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentTQuantile: p is ${p}, expected (0, 1)`);
  checkDegrees("studentTQuantile", degrees);
  if (p < 0.5) return -studentTQuantile(1 - p, degrees);
  // Of the angle atan(t / √degrees), which stays bounded where t does not.
  let [low, high] = [0, Math.PI / 2];
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (within(middle, degrees) < 2 * p - 1) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/** The probability that a t-distributed number stays below `t`; throws RangeError as the quantile does. */
export function studentTBelow(t: number, degrees: number): number {
  checkDegrees("studentTBelow", degrees);
  const inside = within(Math.atan(Math.abs(t) / Math.sqrt(degrees)), degrees);
  return (1 + Math.sign(t) * inside) / 2;
}

/** Probability that |t| stays below √degrees tan(angle). */
function within(angle: number, degrees: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  if (degrees === 1) return (2 * angle) / Math.PI;
  let term = odd ? cosine : 1;
  let total = term;
  for (let k = odd ? 2 : 1; k <= degrees - 3; k += 2) {
    term *= (k / (k + 1)) * cosine * cosine;
    total += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * total) : sine * total;
}

function checkDegrees(name: string, degrees: number): void {
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(
      `${name}: degrees of freedom is ${degrees}, expected a whole number from 1`,
    );
  }
}
