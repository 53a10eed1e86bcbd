/** @file Positions count the tokens of a prompt, slots the places of a padded row: from the ones to the others. */

import { Tensor, type TensorLike } from "@diopter/tensor";

/** The slot of each token of each prompt, [batch][position]; -1 for tokens that are not there, as in part of a cache. */
export type TokenSlots = readonly (readonly number[])[];

const known = new WeakMap<readonly (0 | 1)[], TokenSlots>();

/** Slots of the tokens of a padded batch; found once for each `keep`. @example tokenSlots({ batch: 1, keep: [0, 1, 1] }) // [[1, 2]] */
export function tokenSlots({
  batch,
  keep,
}: {
  readonly batch: number;
  readonly keep: readonly (0 | 1)[];
}): TokenSlots {
  const found = known.get(keep);
  if (found?.length === batch) return found;
  const width = keep.length / batch;
  const slots = Array.from({ length: batch }, (_, row) => {
    const own: number[] = [];
    for (let slot = 0; slot < width; slot++) if (keep[row * width + slot]) own.push(slot);
    return own;
  });
  known.set(keep, slots);
  return slots;
}

/** Whether tokens lie in the same slots. */
export function sameSlots(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((slot, i) => slot === b[i]));
}

/** The slot of a position, counted from the end when negative; undefined where the row has no such token. */
export function slotAt(row: readonly number[], position: number): number | undefined {
  const slot = row.at(position);
  return slot === undefined || slot < 0 ? undefined : slot;
}

/** Tokens of the longest prompt. */
export function longestOf(slots: TokenSlots): number {
  return slots.reduce((most, row) => Math.max(most, row.length), 0);
}

/**
 * The entries `places[row]` of an axis of [batch, ...], in that order, every row with as many; one row of `value` serves all.
 *
 * Where a place is -1 there is nothing: `blank`, NaN by default, and -1 in integers.
 *
 * @example takeSlots(logits, 1, lastReal(tokens).map((slot) => [slot])) // [batch, 1, dVocabOut]
 */
export function takeSlots(
  value: TensorLike,
  axis: number,
  places: TokenSlots,
  blank: number = Number.NaN,
): Tensor {
  const { shape } = value;
  const count = places[0]?.length ?? 0;
  const between = sizeOf(shape.slice(1, axis));
  const width = shape[axis]!;
  const inner = sizeOf(shape.slice(axis + 1));
  const from = value.data as Float32Array;
  const to = new (from.constructor as typeof Float32Array)(places.length * between * count * inner);
  const integers = value.dtype === "int64";
  let write = 0;
  places.forEach((row, r) => {
    const start = shape[0] === 1 ? 0 : r * between * width;
    for (let b = 0; b < between; b++) {
      for (const place of row) {
        const read = (start + b * width + place) * inner;
        if (place >= 0) to.set(from.subarray(read, read + inner), write);
        else to.fill((integers ? -1n : blank) as number, write, write + inner);
        write += inner;
      }
    }
  });
  const taken = [places.length, ...shape.slice(1, axis), count, ...shape.slice(axis + 1)];
  return new Tensor(value.dtype, taken, to as unknown as Tensor["data"]);
}

/** Rows of different lengths made equally long by -1 at their end. */
export function padPlaces(rows: TokenSlots, width: number = longestOf(rows)): number[][] {
  return rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(-1)]);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
