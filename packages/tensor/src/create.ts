/** @file Ways to make a tensor. */

import { checkOptions } from "./check-options";
import {
  allocate,
  checkDType,
  type DataTypeMap,
  type DType,
  type DTypeOf,
  dtypeOfData,
  holds,
  pack,
} from "./dtype";
import { formatShape, sizeOf } from "./shape";
import { Tensor, type TensorJSON } from "./tensor";

/** Numbers, bigints or booleans, nested to any depth. */
export type Nested = number | bigint | boolean | readonly Nested[];

export interface TensorOptions<D extends DType> {
  /** Default: int64 for bigints, bool for booleans, the array's own for a typed array, else float32. */
  dtype?: D;
  /** Default: the nesting. */
  shape?: readonly number[];
}

type AnyData = DataTypeMap[DType];

/**
 * A tensor from nested lists, a flat list or a typed array; copies.
 *
 * @example
 * tensor([[1, 2], [3, 4]]); // float32 [2, 2]
 */
export function tensor<A extends AnyData>(
  values: A,
  options?: { dtype?: never; shape?: readonly number[] },
): Tensor<DTypeOf<A>>;
export function tensor<D extends DType = "float32">(
  values: readonly number[] | readonly (readonly number[])[] | number,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor<D extends DType = DType>(
  values: Nested | AnyData,
  options?: TensorOptions<D>,
): Tensor<D>;
export function tensor(values: Nested | AnyData, options: TensorOptions<DType> = {}): Tensor {
  checkOptions("tensor", options, { dtype: "optional", shape: "optional" });
  if (ArrayBuffer.isView(values)) {
    const dtype = options.dtype ?? dtypeOfData(values);
    const shape = options.shape ?? [values.length];
    const raw = holds(dtype, values) && dtype !== "bool";
    return raw ? new Tensor(dtype, shape, values.slice()) : fromScalars([...values], shape, dtype);
  }
  const { scalars, shape } = flatten(values);
  return fromScalars(scalars, options.shape ?? shape, options.dtype ?? guess(scalars[0]));
}

/** A tensor over a typed array, sharing its memory; Uint16Array is float16 and Uint8Array uint8 unless said otherwise. */
export function fromData<A extends AnyData>(data: A, shape: readonly number[]): Tensor<DTypeOf<A>>;
export function fromData<D extends DType>(
  data: DataTypeMap[D],
  shape: readonly number[],
  dtype: D,
): Tensor<D>;
export function fromData(data: AnyData, shape: readonly number[], dtype?: DType): Tensor {
  return new Tensor(dtype ?? dtypeOfData(data), shape, data);
}

/** What `Tensor.toJSON` wrote. */
export function fromJSON(json: TensorJSON): Tensor {
  const dtype = checkDType(json.dtype);
  if (dtype === "int64")
    return new Tensor(dtype, json.shape, BigInt64Array.from(json.data, BigInt));
  return new Tensor(dtype, json.shape, pack(Float64Array.from(json.data, Number), dtype));
}

/** Zeros. */
export function zeros<D extends DType = "float32">(
  shape: readonly number[],
  dtype: D = "float32" as D,
): Tensor<D> {
  return new Tensor(dtype, shape, allocate(dtype, sizeOf(shape)));
}

/** Ones. */
export function ones<D extends DType = "float32">(
  shape: readonly number[],
  dtype: D = "float32" as D,
): Tensor<D> {
  return full(shape, 1, dtype);
}

/** One value everywhere. */
export function full<D extends DType = "float32">(
  shape: readonly number[],
  value: number,
  dtype: D = "float32" as D,
): Tensor<D> {
  const data = allocate<DType>(dtype, sizeOf(shape)) as Float64Array;
  return new Tensor(dtype, shape, data.fill(pack([value], dtype)[0] as number) as DataTypeMap[D]);
}

/** A tensor of rank 0. */
export function scalar<D extends DType = "float32">(
  value: number,
  dtype: D = "float32" as D,
): Tensor<D> {
  return full([], value, dtype);
}

/** `start, start + step, ...` before `end`; `arange(n)` counts from 0. */
export function arange<D extends DType = "float32">(
  start: number,
  end?: number,
  step = 1,
  dtype: D = "float32" as D,
): Tensor<D> {
  if (step === 0 || !Number.isFinite(step)) throw new RangeError(`arange: the step is ${step}`);
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const count = Math.max(0, Math.ceil((to - from) / step));
  const values = Float64Array.from({ length: count }, (_, i) => from + i * step);
  return new Tensor(dtype, [count], pack(values, dtype));
}

/** The identity matrix `[size, size]`. */
export function eye<D extends DType = "float32">(
  size: number,
  dtype: D = "float32" as D,
): Tensor<D> {
  const values = new Float64Array(sizeOf([size, size]));
  for (let i = 0; i < size; i++) values[i * (size + 1)] = 1;
  return new Tensor(dtype, [size, size], pack(values, dtype));
}

type Scalar = number | bigint | boolean;

function fromScalars(scalars: readonly Scalar[], shape: readonly number[], dtype: DType): Tensor {
  if (sizeOf(shape) !== scalars.length) {
    throw new RangeError(
      `tensor: shape ${formatShape(shape)} needs ${sizeOf(shape)} elements, got ${scalars.length}`,
    );
  }
  if (dtype === "int64" && scalars.some((value) => typeof value === "bigint")) {
    return new Tensor(dtype, shape, BigInt64Array.from(scalars, BigInt));
  }
  return new Tensor(dtype, shape, pack(Float64Array.from(scalars, Number), dtype));
}

function flatten(values: Nested): { scalars: Scalar[]; shape: number[] } {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const scalars: Scalar[] = [];
  const visit = (value: Nested, axis: number): void => {
    if (!Array.isArray(value)) {
      if (axis !== shape.length) throw new RangeError("tensor: nested lists differ in depth");
      if (!["number", "bigint", "boolean"].includes(typeof value)) {
        throw new TypeError(`tensor: expected numbers, got ${typeof value}`);
      }
      scalars.push(value as Scalar);
      return;
    }
    if (axis === shape.length) throw new RangeError("tensor: nested lists differ in depth");
    if (value.length !== shape[axis]) {
      throw new RangeError(
        `tensor: nested lists differ in length at depth ${axis}: ${shape[axis]} and ${value.length}`,
      );
    }
    for (const entry of value) visit(entry, axis + 1);
  };
  visit(values, 0);
  return { scalars, shape };
}

function guess(value: Scalar | undefined): DType {
  if (typeof value === "bigint") return "int64";
  return typeof value === "boolean" ? "bool" : "float32";
}
