/**
 * @file When two numbers of a file are one number: the one rule, and the precisions that numbers were kept in.
 *
 * A file keeps rounded numbers, and what is worked out from them is off by some roundings more.
 */

import type { Graph, Initializer } from "@diopter/graph";
import { float16ToFloat32, float32ToFloat16 } from "@diopter/tensor";

export interface Precision {
  /** How far two spellings of one number may be apart, as a share of the larger: eight roundings or more. */
  readonly relative: number;
  /** How far however small they are: the step between the least numbers of the format. */
  readonly least: number;
}

/** 24 bits: 2^-24 for each rounding, and powers and roots are good to a few of them. */
export const FLOAT32: Precision = { relative: 2 ** -17, least: 2 ** -149 };
/** 11 bits. */
export const FLOAT16: Precision = { relative: 2 ** -8, least: 2 ** -24 };
/** 8 bits. */
export const BFLOAT16: Precision = { relative: 2 ** -5, least: 2 ** -133 };
/** Constants of the literature as people write them, such as 0.798 for sqrt(2 / pi). */
export const WRITTEN: Precision = { relative: 1e-3, least: 0 };

/** Whether two numbers are one number that was kept in some precision. */
export function near(x: number, y: number, { relative, least }: Precision): boolean {
  return Math.abs(x - y) <= relative * Math.max(Math.abs(x), Math.abs(y)) + least;
}

/** The least precision of a file's floating-point constants, those of its branches among them. */
export function precisionOf(graph: Graph): Precision {
  const found = new Set(dtypesOf(graph));
  return found.has("bfloat16") ? BFLOAT16 : found.has("float16") ? FLOAT16 : FLOAT32;
}

function* dtypesOf({ initializers, nodes }: Graph): Generator<Initializer["dtype"]> {
  for (const { dtype } of initializers.values()) yield dtype;
  for (const { attrs } of nodes) {
    for (const { type, value } of Object.values(attrs)) {
      if (type === "tensor") yield value.dtype;
      if (type === "graph") yield* dtypesOf(value);
    }
  }
}

/** The precision that float32 numbers had before they were widened, by the bits that they leave empty. */
export function precisionOfNumbers(data: Float32Array): Precision {
  const bits = new Uint32Array(data.slice().buffer);
  // First the coarser: most of its numbers are also numbers of the other.
  if (bits.every((word) => (word & 0xffff) === 0)) return BFLOAT16;
  return data.every((x) => float16ToFloat32(float32ToFloat16(x)) === x) ? FLOAT16 : FLOAT32;
}
