/** @file Where weights stop being numbers. */

import { isFloat, type TensorLike } from "@diopter/tensor";

/** Where weights first hold something that is not a number. */
export interface NonFinite {
  readonly name: string;
  readonly index: readonly number[];
  readonly value: number;
}

/**
 * The first NaN or infinity among `weights`, in order of the map; undefined when all are finite.
 *
 * @example
 * checkFinite(model.weights.tensors()); // { name: "blocks.0.mlp.W_in", index: [3, 7], value: NaN }
 */
export function checkFinite(weights: ReadonlyMap<string, TensorLike>): NonFinite | undefined {
  for (const [name, { dtype, shape, data }] of weights) {
    if (!isFloat(dtype) || dtype === "float16") continue;
    const floats = data as Float32Array | Float64Array;
    const at = floats.findIndex((x) => !Number.isFinite(x));
    if (at >= 0) return { name, index: indexOf(at, shape), value: floats[at] as number };
  }
  return undefined;
}

/**
 * Throws when a weight is not a finite number.
 *
 * @throws {RangeError} naming where the first one is.
 */
export function requireFinite(weights: ReadonlyMap<string, TensorLike>): void {
  const found = checkFinite(weights);
  if (!found) return;
  throw new RangeError(
    `weights: "${found.name}" holds ${found.value} at [${found.index.join(", ")}], the first value that is not finite`,
  );
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
}
