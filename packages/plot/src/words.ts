/** @file What a chart shows, in words, for readers who do not see it. */

import { extent } from "d3-array";

/** `1 row`, `2 rows`, `0 entries`. */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${/[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

/** `2nd`, `3rd`, `11th`, `21st`. */
export function ordinal(n: number): string {
  const end = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${end}`;
}

/** `values from 0.1 to 0.9`, and how many are not finite. */
export function rangeInWords(values: readonly number[], print: (value: number) => string): string {
  const finite = values.filter(Number.isFinite);
  const [low, high] = extent(finite);
  const range =
    low === undefined || high === undefined
      ? "no finite values"
      : `values from ${print(low)} to ${print(high)}`;
  const rest = values.length - finite.length;
  return rest === 0 ? range : `${range}, ${rest} not finite`;
}
