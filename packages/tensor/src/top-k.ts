/** @file Order along an axis: topK, argsort, argmax, argmin. Equal elements keep their order; NaN comes last. */

import { checkOptions } from "./check-options";
import { allocate, type DType, type NumberArray, toNumbers } from "./dtype";
import { around, normalizeAxis } from "./shape";
import { cells } from "./strided";
import { Tensor, type TensorLike } from "./tensor";

export interface TopKOptions {
  /** The largest (default) or the smallest elements. */
  largest?: boolean;
  /** In order of value (default) or of position. */
  sorted?: boolean;
}

/** The `k` first elements along `axis` in order of value, and where they stood. */
export function topK<D extends DType>(
  x: TensorLike<D>,
  k: number,
  axis = -1,
  options: TopKOptions = {},
): { values: Tensor<D>; indices: Tensor<"int64"> } {
  checkOptions("topK", options, { largest: "optional", sorted: "optional" });
  const { largest = true, sorted = true } = options;
  const at = normalizeAxis(axis, x.shape.length, "topK");
  const size = x.shape[at]!;
  if (!Number.isInteger(k) || k < 0 || k > size) {
    throw new RangeError(`topK: k is ${k}, axis ${at} has ${size}`);
  }
  const values = toNumbers(x.dtype, x.data);
  return pick(x, at, k, (start, stride) => {
    const line = readLine(values, start, size, stride);
    const places = k < 64 ? selectFirst(line, k, largest) : order(line, largest).slice(0, k);
    return sorted ? places : places.sort((a, b) => a - b);
  });
}

/** The positions that put an axis in order, int64, smallest first by default. */
export function argsort(
  x: TensorLike,
  axis = -1,
  options: { descending?: boolean } = {},
): Tensor<"int64"> {
  checkOptions("argsort", options, { descending: "optional" });
  const { descending = false } = options;
  const at = normalizeAxis(axis, x.shape.length, "argsort");
  const size = x.shape[at]!;
  const values = toNumbers(x.dtype, x.data);
  return pick(x, at, size, (start, stride) =>
    order(readLine(values, start, size, stride), descending),
  ).indices;
}

/** Position of the largest element along `axis`, the first of equals, int64. */
export function argmax(x: TensorLike, axis = -1, options: { keepDims?: boolean } = {}) {
  checkOptions("argmax", options, { keepDims: "optional" });
  return argFirst("argmax", x, axis, options.keepDims ?? false, true);
}

/** Position of the smallest element along `axis`, the first of equals, int64. */
export function argmin(x: TensorLike, axis = -1, options: { keepDims?: boolean } = {}) {
  checkOptions("argmin", options, { keepDims: "optional" });
  return argFirst("argmin", x, axis, options.keepDims ?? false, false);
}

function argFirst(
  subject: string,
  x: TensorLike,
  axis: number,
  keepDims: boolean,
  largest: boolean,
): Tensor<"int64"> {
  const at = normalizeAxis(axis, x.shape.length, subject);
  if (x.shape[at] === 0) throw new RangeError(`${subject}: axis ${at} is empty`);
  const { indices } = topK(x, 1, at, { largest });
  return keepDims ? indices : indices.reshape(x.shape.toSpliced(at, 1));
}

/** Fills values and indices line by line with what `choose` picks. */
function pick<D extends DType>(
  x: TensorLike<D>,
  axis: number,
  k: number,
  choose: (start: number, stride: number) => ArrayLike<number>,
) {
  const { outer, count, inner } = around(x.shape, axis);
  const values = allocate(x.dtype, outer * k * inner);
  const indices = new BigInt64Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * count * inner + i;
      const places = choose(start, inner);
      for (let j = 0; j < k; j++) {
        const write = (o * k + j) * inner + i;
        cells(values)[write] = cells(x.data)[start + places[j]! * inner]!;
        indices[write] = BigInt(places[j]!);
      }
    }
  }
  const shape = x.shape.with(axis, k);
  return {
    values: new Tensor(x.dtype, shape, values),
    indices: new Tensor("int64", shape, indices),
  };
}

function readLine(values: NumberArray, start: number, count: number, stride: number): Float64Array {
  const line = new Float64Array(count);
  for (let i = 0, at = start; i < count; i++, at += stride) line[i] = values[at]!;
  return line;
}

/** All positions in order of value; stable, NaN last. */
function order(line: Float64Array, descending: boolean): Uint32Array {
  const sign = descending ? -1 : 1;
  const places = Uint32Array.from(line, (_, i) => i);
  return places.sort((a, b) => {
    const x = line[a]!;
    const y = line[b]!;
    if (x < y) return -sign;
    if (x > y) return sign;
    return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
  });
}

/** The first `k` positions of `order`, by insertion into a short list. */
function selectFirst(line: Float64Array, k: number, largest: boolean): Uint32Array {
  const places = new Uint32Array(k);
  const sign = largest ? 1 : -1;
  const keys = new Float64Array(k);
  let filled = 0;
  for (let i = 0; i < line.length && k > 0; i++) {
    const value = line[i]! * sign;
    if (filled === k && !precedes(value, keys[k - 1]!)) continue;
    let at = filled < k ? filled++ : k - 1;
    for (; at > 0 && precedes(value, keys[at - 1]!); at--) {
      keys[at] = keys[at - 1]!;
      places[at] = places[at - 1]!;
    }
    keys[at] = value;
    places[at] = i;
  }
  return places;
}

/** Whether `value` goes before `key` although it stands later. */
function precedes(value: number, key: number): boolean {
  return value > key || (Number.isNaN(key) && !Number.isNaN(value));
}
