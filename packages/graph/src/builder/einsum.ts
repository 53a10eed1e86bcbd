/** @file Einstein summation in ops that run fast everywhere. */

import { productOf } from "../graph/dim";
import type { Dim, Value } from "../graph/types";
import { letterDims, parseEquation } from "../ops/products";

/** What of a builder an einsum is written with. */
interface Products {
  sum(x: Value, axes: readonly number[]): Value;
  transpose(x: Value, perm: readonly number[]): Value;
  reshape(x: Value, shape: readonly Dim[]): Value;
  matmul(a: Value, b: Value): Value;
}

/** Writes an einsum of one or two operands as Transpose, Reshape and MatMul; undefined where it is not one of those. */
export function lowerEinsum(
  b: Products,
  equation: string,
  xs: readonly Value[],
): Value | undefined {
  const { inputs, output } = parseEquation(equation, xs.length);
  letterDims({ inputs, output }, xs);
  const repeated = [...inputs, output].some((letters) => new Set(letters).size !== letters.length);
  if (xs.length > 2 || repeated) return undefined;
  const [first, second] = inputs.map((letters, i) =>
    summedAlone(b, letters, inputs, output, i, xs[i]!),
  );
  if (second === undefined) return arranged(b, first!, output);
  return product(b, first!, second, output);
}

interface Labelled {
  readonly x: Value;
  readonly letters: string;
}

/** Sums letters that only this operand has. */
function summedAlone(
  b: Products,
  letters: string,
  inputs: readonly string[],
  output: string,
  i: number,
  x: Value,
): Labelled {
  const elsewhere = output + inputs.filter((_, at) => at !== i).join("");
  const axes = [...letters].flatMap((letter, axis) => (elsewhere.includes(letter) ? [] : [axis]));
  if (axes.length === 0) return { x, letters };
  return {
    x: b.sum(x, axes),
    letters: [...letters].filter((letter) => elsewhere.includes(letter)).join(""),
  };
}

function arranged(b: Products, { x, letters }: Labelled, order: string): Value {
  if (letters === order) return x;
  return b.transpose(
    x,
    [...order].map((letter) => letters.indexOf(letter)),
  );
}

/** batch letters are in all three, inner ones in both operands only; rows belong to a, columns to c. */
function product(b: Products, a: Labelled, c: Labelled, output: string): Value {
  const batch = [...output].filter((l) => a.letters.includes(l) && c.letters.includes(l)).join("");
  const rows = [...output].filter((l) => a.letters.includes(l) && !batch.includes(l)).join("");
  const columns = [...output].filter((l) => c.letters.includes(l) && !batch.includes(l)).join("");
  const inner = [...a.letters].filter((l) => !output.includes(l)).join("");
  const dims = new Map<string, Dim>();
  for (const { x, letters } of [a, c]) {
    [...letters].forEach((l, i) => {
      dims.set(l, dims.get(l) ?? x.shape[i]!);
    });
  }
  const of = (letters: string) => [...letters].map((l) => dims.get(l)!);
  // Without a batch the rows may stay apart: MatMul takes them as leading dimensions.
  const apart = batch === "" && rows !== "" ? of(rows) : [...of(batch), productOf(of(rows))];
  const left = b.reshape(arranged(b, a, batch + rows + inner), [...apart, productOf(of(inner))]);
  const right = b.reshape(arranged(b, c, batch + inner + columns), [
    ...of(batch),
    productOf(of(inner)),
    productOf(of(columns)),
  ]);
  const y = b.reshape(b.matmul(left, right), [...of(batch), ...of(rows), ...of(columns)]);
  return arranged(b, { x: y, letters: batch + rows + columns }, output);
}
