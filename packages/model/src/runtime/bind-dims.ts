/** @file Numbers for the symbols of dimensions: `past+pos` with past 3 and pos 2 is 5. */

import { type Dim, termsOf } from "@diopter/graph";

/** A number per symbol, such as `{ batch: 16, pos: 20 }`. */
export type Symbols = ReadonlyMap<string, number>;

/** The number that a dimension comes to, or undefined when a symbol has none or nothing is known of it. */
export function bindDim(dim: Dim, symbols: Symbols): number | undefined {
  if (dim === null || typeof dim === "number") return dim ?? undefined;
  const whole = symbols.get(dim);
  if (whole !== undefined) return whole;
  let total = 0;
  for (const { coefficient, symbols: factors } of termsOf(dim)) {
    let term = coefficient;
    for (const factor of factors) {
      const value = symbols.get(factor);
      if (value === undefined) return undefined;
      term *= value;
    }
    total += term;
  }
  return total;
}

/** Whether a dimension is one symbol, which a feed can give its number. */
export function isSymbol(dim: Dim): dim is string {
  if (typeof dim !== "string") return false;
  const terms = termsOf(dim);
  return terms.length === 1 && terms[0]!.coefficient === 1 && terms[0]!.symbols[0] === dim;
}
