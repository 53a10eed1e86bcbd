/** @file Hard-concrete masks: random numbers in [0, 1] that are often exactly 0 or 1. Louizos et al. 2018. */

/** Stretch and temperature of Louizos et al. 2018, which subnetwork probing and edge pruning keep. */
export const hardConcrete = { low: -0.1, high: 1.1, temperature: 2 / 3 } as const;

const { low, high, temperature } = hardConcrete;

/** P(mask > 0) is the logistic function of theta minus this. */
const shift = temperature * Math.log(-low / high);

/** Parameter whose deterministic mask is `keep`: ln 5 for 0.9. Throws `RangeError` outside (0, 1). */
export function thetaOf(keep: number): number {
  if (!(keep > 0 && keep < 1))
    throw new RangeError(`hard concrete: a mask to begin with must lie in (0, 1), got ${keep}`);
  const inner = (keep - low) / (high - low);
  return Math.log(inner / (1 - inner));
}

/** The mask without noise. */
export function deterministicMask(theta: number): number {
  return clamped(logistic(theta));
}

/** Probability that a sampled mask is not 0. */
export function keepProbability(theta: number): number {
  return logistic(theta - shift);
}

/** Derivative of `keepProbability`. */
export function keepProbabilitySlope(theta: number): number {
  const p = keepProbability(theta);
  return p * (1 - p);
}

/** A mask from a uniform number in [0, 1), and its derivative by theta: 0 where it is cut off. */
export function sampledMask(theta: number, uniform: number): { mask: number; slope: number } {
  const inner = logistic((Math.log(uniform) - Math.log1p(-uniform) + theta) / temperature);
  const stretched = inner * (high - low) + low;
  if (stretched <= 0) return { mask: 0, slope: 0 };
  if (stretched >= 1) return { mask: 1, slope: 0 };
  return { mask: stretched, slope: ((high - low) * inner * (1 - inner)) / temperature };
}

function clamped(inner: number): number {
  return Math.min(1, Math.max(0, inner * (high - low) + low));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
