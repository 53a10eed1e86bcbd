/** @file What the size of a mask costs: a price per element, a target, or a target held by learned multipliers. */

/**
 * `penalty`: that much times the kept share; `target`: `weight` (default 1) times how many times too large it is, nothing when
 * small enough (subnetwork probing); `hold`: Edge Pruning's Lagrangian, whose multipliers rise while the size is off.
 */
export type MaskSize =
  | { readonly penalty: number }
  | { readonly target: number; readonly weight?: number }
  | {
      readonly hold: number;
      /** Steps over which the target falls from everything to its value; default 0. */
      readonly warmup?: number;
      /** How fast multipliers rise; default 0.5. */
      readonly learningRate?: number;
    };

export type Multipliers = readonly [linear: number, squared: number];

export interface SizeCost {
  readonly cost: number;
  /** Derivative by the expected size. */
  readonly slope: number;
  /** Multipliers after the step. */
  readonly multipliers: Multipliers;
}

/** Cost of `size` expected elements of `all`. */
export function sizeCost(
  rule: MaskSize,
  size: number,
  all: number,
  step: number,
  multipliers: Multipliers,
): SizeCost {
  if ("penalty" in rule)
    return { cost: (rule.penalty * size) / all, slope: rule.penalty / all, multipliers };
  if ("target" in rule) {
    const { target, weight = 1 } = rule;
    const over = size > target;
    return {
      cost: over ? (weight * (size - target)) / target : 0,
      slope: over ? weight / target : 0,
      multipliers,
    };
  }
  const { hold, warmup = 0, learningRate = 0.5 } = rule;
  const now = step < warmup ? all + ((hold - all) * step) / warmup : hold;
  const gap = (size - now) / all;
  const [linear, squared] = multipliers;
  return {
    cost: linear * gap + squared * gap * gap,
    slope: (linear + 2 * squared * gap) / all,
    multipliers: [linear + learningRate * gap, squared + learningRate * gap * gap],
  };
}

/** Throws `RangeError` for sizes that a mask of `all` elements cannot have. */
export function checkSize(rule: MaskSize, all: number): void {
  const wanted = "target" in rule ? rule.target : "hold" in rule ? rule.hold : undefined;
  if (wanted !== undefined && !(wanted > 0 && wanted <= all))
    throw new RangeError(`mask learning: a size of ${wanted} of ${all} elements`);
}
