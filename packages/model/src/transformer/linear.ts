/** @file Affine maps: one matrix for all heads, or one matrix per head for inputs that differ by head. */

import type { Builder, Value } from "@diopter/graph";
import type { Quiet } from "./context";
import { fakeQuantize } from "./fake-quantize";

/** x [..., in] times W [in, out], plus a bias if there is one. */
export function linear(b: Builder, x: Value, W: Value, bias?: Value): Value {
  const y = b.matmul(x, W);
  return bias ? b.add(y, bias) : y;
}

/** What the matrix `name` reads of x: x itself, or x rounded to 8 bits where the configuration says so. */
export function operand({ b, c }: Pick<Quiet, "b" | "c">, name: string, x: Value): Value {
  return c.dynamicQuantization?.includes(name) ? fakeQuantize(b, x) : x;
}

/** [batch, pos, head * width] as [batch, pos, head, width]. */
export function splitHeads(b: Builder, x: Value, heads: number): Value {
  const [batch, pos, joined] = x.shape;
  return b.reshape(x, [batch!, pos!, heads, (joined as number) / heads]);
}

/** [batch, pos, head, width] as [batch, pos, head * width]. */
export function joinHeads(b: Builder, x: Value): Value {
  const [batch, pos, heads, width] = x.shape;
  return b.reshape(x, [batch!, pos!, (heads as number) * (width as number)]);
}

/** x [batch, pos, head, in] times W [head, in, out], each head by its own matrix: [batch, pos, head, out]. */
export function perHead(b: Builder, x: Value, W: Value): Value {
  const [batch, pos, heads, width] = x.shape;
  const out = W.shape[2]!;
  const rows = b.reshape(b.transpose(x, [2, 0, 1, 3]), [heads!, `${batch}*${pos}`, width!]); // [head, batch*pos, in]
  const y = b.reshape(b.matmul(rows, W), [heads!, batch!, pos!, out]);
  return b.transpose(y, [1, 2, 0, 3]);
}

/** A [in, head * out] matrix as [head, in, out]; of some heads when told which, so that only theirs is moved. */
export function columnsByHead(
  b: Builder,
  W: Value,
  heads: number,
  subset?: readonly number[],
): Value {
  const [rows, columns] = W.shape as [number, number];
  const split = b.reshape(W, [rows, heads, columns / heads]);
  return b.transpose(subset ? b.gather(split, subset, 1) : split, [1, 0, 2]);
}

/** A [head * in, out] matrix as [head, in, out]. */
export function rowsByHead(b: Builder, W: Value, heads: number): Value {
  const [rows, columns] = W.shape as [number, number];
  return b.reshape(W, [heads, rows / heads, columns]);
}

/** Repeats [batch, pos, width] for every head: [batch, pos, head, width]. */
export function repeatHeads(b: Builder, x: Value, heads: number): Value {
  const [batch, pos, width] = x.shape;
  return b.expand(b.unsqueeze(x, [2]), [batch!, pos!, heads, width!]);
}
