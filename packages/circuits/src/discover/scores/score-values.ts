/** @file Scores as JSON, which has no infinity: edges that no threshold removed have one. */

export type ScoreValue = number | "Infinity" | "-Infinity";

/** Numbers, the infinite ones by name. */
export function finiteNames(values: Float64Array): ScoreValue[] {
  return Array.from(values, (x) =>
    Number.isFinite(x) ? x : x > 0 ? ("Infinity" as const) : ("-Infinity" as const),
  );
}

/** What `finiteNames` wrote. */
export function numbersNamed(values: readonly ScoreValue[]): Float64Array {
  return Float64Array.from(values, Number);
}
