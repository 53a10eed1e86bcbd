/** @file Elements from the most to the least important. */

/** `absolute`: large effects of either sign; `signed`: edges whose ablation lowers the metric most. */
export type Ranking = "absolute" | "signed";

/** Indices by falling importance, those of a lower `tier` first; ties by index. */
export function rankedBy(
  values: Float64Array,
  by: Ranking,
  tier: (index: number) => number = () => 0,
): Uint32Array {
  const importance = (index: number) =>
    by === "absolute" ? Math.abs(values[index]!) : -values[index]!;
  return Uint32Array.from(values.keys()).sort(
    // The difference of two infinite scores is NaN, and that too is a tie.
    (a, b) => tier(a) - tier(b) || importance(b) - importance(a) || a - b,
  );
}
