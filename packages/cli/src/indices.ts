/** @file Indices that a user gives, negative ones from the end. */

/** Indices along an axis, in the order given; all of them where none is. Throws `RangeError` naming the option. */
export function indicesIn(
  option: string,
  given: readonly number[] | undefined,
  length: number,
  axis: string,
): number[] {
  const all = Array.from({ length }, (_, i) => i);
  if (given === undefined) return all;
  return given.map((index) => {
    const found = all.at(index);
    if (found !== undefined) return found;
    throw new RangeError(`${option} has ${index}, there are ${length} ${axis} (0..${length - 1})`);
  });
}
