/** @file Lists of numbers as checked vectors of doubles. */

import { cast, type TensorLike } from "@diopter/tensor";

/**
 * Checked copies of lists that go together, one number of each for every prompt.
 *
 * `name` opens the errors. Throws RangeError where they differ in length, are empty, or hold NaN or infinity.
 *
 * @example
 * checkVectors({ a: [1, 2], b: [3, 4] }, "compare").b; // Float64Array [3, 4]
 */
export function checkVectors<K extends string>(
  vectors: Readonly<Record<K, ArrayLike<number>>>,
  name: string,
): Record<K, Float64Array> {
  const entries = Object.entries<ArrayLike<number>>(vectors);
  const [first, n] = [entries[0]![0], entries[0]![1].length];
  if (n === 0) throw new RangeError(`${name}: no values`);
  for (const [key, values] of entries) {
    if (values.length !== n) {
      throw new RangeError(`${name}: ${n} values in ${first} but ${values.length} in ${key}`);
    }
    const bad = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new RangeError(`${name}: ${key}[${bad}] is ${values[bad]}, expected a finite number`);
  }
  const copies = entries.map(([key, values]) => [key, Float64Array.from(values)]);
  return Object.fromEntries(copies) as Record<K, Float64Array>;
}

/** All values as doubles, row-major; may share memory. */
export function listOf(x: TensorLike | ArrayLike<number>): Float64Array {
  if ("dtype" in x) return cast(x, "float64").data;
  return x instanceof Float64Array ? x : Float64Array.from(x);
}

export function sumOf(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

export function meanOf(values: Float64Array): number {
  return sumOf(values) / values.length;
}
