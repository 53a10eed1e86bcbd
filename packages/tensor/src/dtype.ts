/** @file Element types, the typed array that holds each, and the checks of numbers. */

import { float16ToFloat32, float32ToFloat16 } from "./half";

/** Element types; names as in NumPy. */
export type DType = "float64" | "float32" | "float16" | "int64" | "int32" | "uint8" | "bool";

export type FloatDType = "float64" | "float32" | "float16";

/** The typed array behind each dtype; float16 is held as its bits, bool as 0 or 1. */
export interface DataTypeMap {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** The dtype of a result that is a fraction: floats stay, integers and bools become float64. */
export type FloatOf<D extends DType> = D extends FloatDType ? D : "float64";

/** The dtype that a typed array stands for when none is given. */
export type DTypeOf<A> = A extends Float64Array
  ? "float64"
  : A extends Float32Array
    ? "float32"
    : A extends Uint16Array
      ? "float16"
      : A extends BigInt64Array
        ? "int64"
        : A extends Int32Array
          ? "int32"
          : "uint8";

const constructors = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** All dtypes, widest first. */
export const dtypes: readonly DType[] = Object.freeze(Object.keys(constructors) as DType[]);

/** Whether a value names a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(constructors, value);
}

/** Whether a dtype holds fractions. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "float64" || dtype === "float32" || dtype === "float16";
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return constructors[checkDType(dtype)].BYTES_PER_ELEMENT;
}

/** The float dtype that holds a fraction made from `dtype`. */
export function floatOf<D extends DType>(dtype: D): FloatOf<D> {
  return (isFloat(dtype) ? dtype : "float64") as FloatOf<D>;
}

/** A zeroed array of `size` elements. */
export function allocate<D extends DType>(dtype: D, size: number): DataTypeMap[D] {
  return new constructors[checkDType(dtype)](size) as DataTypeMap[D];
}

/** The dtype a typed array stands for; throws TypeError where there is none. */
export function dtypeOfData(data: unknown): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Uint16Array) return "float16";
  const kind = data === null || typeof data !== "object" ? typeof data : data.constructor?.name;
  throw new TypeError(
    `tensor: no dtype is held in ${kind}; expected a typed array of ${dtypes.join(", ")}`,
  );
}

/** Whether `data` is the typed array that holds `dtype`. */
export function holds<D extends DType>(dtype: D, data: unknown): data is DataTypeMap[D] {
  return data instanceof constructors[checkDType(dtype)];
}

/** Returns a dtype unchanged or throws TypeError. */
export function checkDType<D extends DType>(dtype: D): D {
  if (!isDType(dtype)) {
    throw new TypeError(
      `dtype: unknown dtype "${String(dtype)}"; expected one of ${dtypes.join(", ")}`,
    );
  }
  return dtype;
}

/** Throws TypeError unless both dtypes are the same. */
export function checkSameDType(subject: string, a: DType, b: DType): void {
  if (a !== b) throw new TypeError(`${subject}: dtypes differ: ${a} and ${b}; cast one of them`);
}

/** Typed arrays whose elements are plain numbers. */
export type NumberArray = Float64Array | Float32Array | Int32Array | Uint8Array;

/** The elements as numbers, without a copy where the array already holds them; int64 beyond 2^53 rounds. */
export function toNumbers(dtype: DType, data: DataTypeMap[DType]): NumberArray {
  if (dtype === "float16") return float16ToFloat32(data as Uint16Array);
  if (dtype === "int64") {
    const values = new Float64Array(data.length);
    for (let i = 0; i < values.length; i++) values[i] = Number(data[i]);
    return values;
  }
  return data as NumberArray;
}

/** As `toNumbers`, always as doubles; may share memory with a float64 input. */
export function toDoubles(dtype: DType, data: DataTypeMap[DType]): Float64Array {
  const numbers = toNumbers(dtype, data);
  return numbers instanceof Float64Array ? numbers : new Float64Array(numbers);
}

/** An array in which to build a result of `dtype`, to be handed to `pack`. */
export function scratch(dtype: DType, size: number): Float64Array | Float32Array {
  return dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
}

/** Numbers as `dtype`: floats round, integers truncate towards zero and throw RangeError when they do not fit. */
export function pack<D extends DType>(values: ArrayLike<number>, dtype: D): DataTypeMap[D] {
  return packAs(values, dtype) as DataTypeMap[D];
}

function packAs(values: ArrayLike<number>, dtype: DType): DataTypeMap[DType] {
  if (dtype === "float64")
    return values instanceof Float64Array ? values : new Float64Array(values);
  if (dtype === "float32")
    return values instanceof Float32Array ? values : new Float32Array(values);
  if (dtype === "float16") return float32ToFloat16(values);
  const data = allocate<DType>(dtype, values.length);
  const write = writers[dtype];
  for (let i = 0; i < values.length; i++) data[i] = write(values[i]!);
  return data;
}

const writers: { readonly [D in Exclude<DType, FloatDType>]: (value: number) => number | bigint } =
  {
    int64: toInt64,
    int32: (value) => toInteger(value, "int32", -(2 ** 31), 2 ** 31 - 1),
    uint8: (value) => toInteger(value, "uint8", 0, 255),
    bool: (value) => (value === 0 ? 0 : 1),
  };

function toInteger(value: number, dtype: DType, min: number, max: number): number {
  const whole = Math.trunc(value);
  if (!(whole >= min && whole <= max)) throw new RangeError(`cast: ${value} does not fit ${dtype}`);
  return whole;
}

function toInt64(value: number): bigint {
  // 2^63 is how the largest int64 (ONNX's "to the end") reads as a number, so it goes back to that.
  if (value === 2 ** 63) return 2n ** 63n - 1n;
  return BigInt(toInteger(value, "int64", -(2 ** 63), 2 ** 63));
}
