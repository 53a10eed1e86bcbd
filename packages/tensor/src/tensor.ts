/** @file An n-dimensional array: dtype, shape, and row-major data in one typed array. */

import {
  allocate,
  checkDType,
  type DataTypeMap,
  type DType,
  holds,
  toDoubles,
  toNumbers,
} from "./dtype";
import { type NestedNumbers, nest } from "./nest";
import { firstOf, inspected, oneLine } from "./one-line";
import { brief } from "./quoted";
import { resolveRange, resolveShape } from "./resolve";
import {
  around,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  normalizeIndex,
  sizeOf,
  stridesOf,
} from "./shape";
import { cells, copyStrided } from "./strided";

/** Anything with dtype, shape and row-major contiguous data; every function of the package takes it. */
export interface TensorLike<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataTypeMap[D];
}

/** What `JSON.stringify` writes; "NaN", "Infinity", "-Infinity" and int64 beyond 2^53 are strings. */
export interface TensorJSON {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Where to read: a tensor of integers, a list of them, or one (which drops the axis). */
export type Indices = TensorLike | readonly number[] | number;

/**
 * A tensor; shares the array it is given.
 *
 * Throws TypeError when the array does not hold the dtype, RangeError when its length is not the shape's.
 */
export class Tensor<D extends DType = DType> implements TensorLike<D> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataTypeMap[D];

  constructor(dtype: D, shape: readonly number[], data: DataTypeMap[D]) {
    if (!holds(checkDType(dtype), data)) {
      throw new TypeError(`tensor: ${dtype} is not held in ${(data as object)?.constructor?.name}`);
    }
    if (sizeOf(shape) !== data.length) {
      throw new RangeError(
        `tensor: shape ${formatShape(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`,
      );
    }
    this.dtype = dtype;
    this.shape = Object.freeze(shape.slice());
    this.data = data;
  }

  /** A Tensor over the same memory. */
  static from<D extends DType>(x: TensorLike<D>): Tensor<D> {
    return x instanceof Tensor ? x : new Tensor(x.dtype, x.shape, x.data);
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** One element as a number; one index per axis, negative from the end. */
  at(...index: readonly number[]): number {
    if (index.length !== this.rank) {
      throw new RangeError(`at: expected ${this.rank} indices, got ${index.length}`);
    }
    const strides = stridesOf(this.shape);
    let offset = 0;
    for (let axis = 0; axis < index.length; axis++) {
      offset += strides[axis]! * normalizeIndex(index[axis]!, this.shape[axis]!, axis, "at");
    }
    return this.number(offset);
  }

  /** The only element; throws RangeError when there is not exactly one. */
  item(): number {
    if (this.size !== 1) throw new RangeError(`item: expected 1 element, got ${this.size}`);
    return this.number(0);
  }

  /** Nested lists of numbers. */
  toArray(): NestedNumbers {
    return nest(toNumbers(this.dtype, this.data), this.shape);
  }

  /** All elements as doubles, row-major; a copy. */
  toFloat64(): Float64Array {
    const doubles = toDoubles(this.dtype, this.data);
    return (doubles as unknown) === this.data ? doubles.slice() : doubles;
  }

  /** The same elements under another shape, sharing memory; one dimension may be -1. */
  reshape(shape: readonly number[]): Tensor<D> {
    return new Tensor(this.dtype, resolveShape(shape, this.shape), this.data);
  }

  /** Axes in another order, reversed by default: `result.shape[i] = shape[perm[i]]`. */
  transpose(perm?: readonly number[]): Tensor<D> {
    const rank = this.rank;
    const order = perm
      ? perm.map((axis) => normalizeAxis(axis, rank, "transpose"))
      : reversed(rank);
    if (order.length !== rank || new Set(order).size !== rank) {
      throw new RangeError(`transpose: ${formatShape(order)} is not an order of ${rank} axes`);
    }
    const strides = stridesOf(this.shape);
    const shape = order.map((axis) => this.shape[axis]!);
    const steps = order.map((axis) => strides[axis]!);
    return new Tensor(this.dtype, shape, copyStrided(this.dtype, this.data, shape, steps));
  }

  /**
   * A copy of a range per axis, with ONNX's Slice rules: `axes` default to the first ones, `steps` to 1,
   * negative bounds count from the end and bounds beyond it stop at the end.
   */
  slice(
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[] = starts.map((_, i) => i),
    steps: readonly number[] = starts.map(() => 1),
  ): Tensor<D> {
    if (
      ends.length !== starts.length ||
      axes.length !== starts.length ||
      steps.length !== starts.length
    ) {
      throw new RangeError("slice: starts, ends, axes and steps differ in length");
    }
    normalizeAxes(axes, this.rank, "slice");
    const shape = this.shape.slice();
    const strides = stridesOf(this.shape);
    let offset = 0;
    starts.forEach((start, i) => {
      const axis = normalizeAxis(axes[i]!, this.rank, "slice");
      const range = resolveRange(start, ends[i]!, steps[i]!, this.shape[axis]!);
      offset += range.first * strides[axis]!;
      shape[axis] = range.count;
      strides[axis]! *= steps[i]!;
    });
    return new Tensor(
      this.dtype,
      shape,
      copyStrided(this.dtype, this.data, shape, strides, offset),
    );
  }

  /** Entries `[start, end)` of the first axis as a view that shares memory. */
  rows(start: number, end: number): Tensor<D> {
    if (this.rank === 0) throw new RangeError("rows: a tensor of rank 0 has no rows");
    const { first, count } = resolveRange(start, end, 1, this.shape[0]!);
    const width = sizeOf(this.shape.slice(1));
    const data = this.data.subarray(first * width, (first + count) * width) as DataTypeMap[D];
    return new Tensor(this.dtype, [count, ...this.shape.slice(1)], data);
  }

  /** Entries of an axis by index, `[...before, ...indices, ...after]`; negative indices count from the end. */
  gather(indices: Indices, axis = 0): Tensor<D> {
    const at = normalizeAxis(axis, this.rank, "gather");
    const [places, indexShape] = readIndices(indices);
    const { outer, count, inner } = around(this.shape, at);
    const data = allocate(this.dtype, outer * places.length * inner);
    const from = cells(this.data);
    const to = cells(data);
    let write = 0;
    const found = Array.from(places, (place) => normalizeIndex(place, count, at, "gather"));
    for (let o = 0; o < outer; o++) {
      for (const place of found) {
        const read = (o * count + place) * inner;
        if (inner === 1) to[write] = from[read]!;
        else to.set(from.subarray(read, read + inner), write);
        write += inner;
      }
    }
    const shape = [...this.shape.slice(0, at), ...indexShape, ...this.shape.slice(at + 1)];
    return new Tensor(this.dtype, shape, data);
  }

  toJSON(): TensorJSON {
    const data = Array.from(toNumbers(this.dtype, this.data), (value, i) => {
      if (this.dtype === "int64" && !Number.isSafeInteger(value)) return String(this.data[i]);
      return Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : value) : String(value);
    });
    return { dtype: this.dtype, shape: this.shape, data };
  }

  /** Dtype, shape and first elements, on one line. @example String(tensor([[1, 2]])); // "Tensor float32 [1, 2] (1, 2)" */
  toString(): string {
    const { dtype, size } = this;
    // Memory that was handed to a worker has no elements, and cannot be asked for a part.
    const head = (size ? this.data.subarray(0, 4) : this.data) as DataTypeMap[D];
    const first = firstOf(dtype === "int64" ? head : toNumbers(dtype, head));
    return oneLine(`Tensor ${dtype} ${brief(formatShape(this.shape))}${first}`);
  }

  [inspected](): string {
    return this.toString();
  }

  private number(offset: number): number {
    return toNumbers(this.dtype, this.data.subarray(offset, offset + 1) as DataTypeMap[D])[0]!;
  }
}

/** Index values as numbers, and the shape they have. */
export function readIndices(indices: Indices): [ArrayLike<number>, readonly number[]] {
  if (typeof indices === "number") return [[indices], []];
  if (!("data" in indices)) return [indices, [indices.length]];
  return [toNumbers(indices.dtype, indices.data), indices.shape];
}

function reversed(rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => rank - 1 - i);
}
