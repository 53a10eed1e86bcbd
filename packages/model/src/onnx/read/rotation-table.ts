/** @file Tells tables of cosines and sines, whose rows are positions, from other constants. */

import type { Initializer } from "@diopter/graph";
import { cast } from "@diopter/tensor";
import { FLOAT16, type Precision, precisionOfNumbers } from "./near";

/**
 * Whether a constant holds cosines or sines of whole multiples of one angle per column.
 *
 * cos 2f = 2 cos^2 f - 1 and sin f sin 3f = sin^2 2f - sin^2 f hold for rows 0 to 3 of such a table, and for nothing else.
 */
export function rotationTable(tensor: Initializer): "CosTable" | "SinTable" | undefined {
  const { shape, dtype } = tensor;
  const [rows, width] = shape.slice(-2) as [number, number];
  if (!dtype.startsWith("float") || shape.length < 2 || rows < 4 || !("data" in tensor))
    return undefined;
  if (shape.slice(0, -2).some((n) => n !== 1)) return undefined;
  // Four rows are enough, and the table may be long.
  const head = {
    dtype: tensor.dtype,
    shape: [4, width],
    data: tensor.data.subarray(0, 4 * width),
  } as typeof tensor;
  const data = cast(head, "float32").data as Float32Array;
  // Other constants are far off; what is called a table here is checked row by row when it is read.
  const { relative } = coarser(precisionOfNumbers(data), FLOAT16);
  const near = (x: number, y: number, scale: number) => Math.abs(x - y) <= 2 * relative * scale;
  const at = (row: number, column: number) => data[row * width + column]!;
  const first = at(0, 0);
  const every = (holds: (column: number) => boolean) =>
    Array.from({ length: width }, (_, j) => j).every(holds);
  if (
    first > 0 &&
    every(
      (j) =>
        at(0, j) === first && near(at(2, j) * first, 2 * at(1, j) ** 2 - first ** 2, first ** 2),
    ) &&
    at(1, 0) < 0.99 * first
  ) {
    return "CosTable";
  }
  const sines = every((j) => {
    const [a, b, c] = [at(1, j), at(2, j), at(3, j)];
    return at(0, j) === 0 && near(a * c, b * b - a * a, a * a + b * b + c * c);
  });
  return sines && Math.abs(at(1, 0)) > 0.1 ? "SinTable" : undefined;
}

function coarser(a: Precision, b: Precision): Precision {
  return a.relative > b.relative ? a : b;
}

/** A column of cosines and the one of sines that belongs to it. */
export interface Waves {
  readonly rows: number;
  readonly cos: (row: number) => number;
  readonly sin: (row: number) => number;
  /** What the numbers were kept in. */
  readonly precision: Precision;
}

/** Radians per row and length of a pair of columns; the first row that is no multiple of that rotation where there is one. */
export function rotationOf({ rows, cos, sin, precision }: Waves): {
  readonly frequency: number;
  readonly magnitude: number;
  readonly wrong: number | undefined;
} {
  const magnitude = cos(0);
  let frequency = Math.atan2(sin(1), cos(1));
  // Every later row halves the error of the one before, which knows how often it went round.
  for (let p = 2; p < rows; p *= 2) {
    const angle = Math.atan2(sin(p), cos(p));
    const turns = Math.round((p * frequency - angle) / (2 * Math.PI));
    frequency = (angle + 2 * Math.PI * turns) / p;
  }
  for (let p = 0; p < rows; p++) {
    // Rounded numbers, of angles that float32 is as good for as they are small.
    const tolerance = magnitude * (precision.relative + Math.abs(p * frequency) * 2 ** -21);
    const off = Math.max(
      Math.abs(cos(p) - magnitude * Math.cos(p * frequency)),
      Math.abs(sin(p) - magnitude * Math.sin(p * frequency)),
    );
    if (!(off <= tolerance)) return { frequency, magnitude, wrong: p };
  }
  return { frequency, magnitude, wrong: undefined };
}
