/** @file ONNX's numbers for element types, and how many bits an element of each takes. */

import type { DType } from "@diopter/tensor";
import type { ElementType } from "./types";

interface TypeRow {
  readonly code: number;
  /** 0 where elements have no fixed size. */
  readonly bits: number;
}

/** `code` is TensorProto.DataType of onnx.proto. */
const TYPES: Readonly<Record<ElementType, TypeRow>> = {
  undefined: { code: 0, bits: 0 },
  float32: { code: 1, bits: 32 },
  uint8: { code: 2, bits: 8 },
  int8: { code: 3, bits: 8 },
  uint16: { code: 4, bits: 16 },
  int16: { code: 5, bits: 16 },
  int32: { code: 6, bits: 32 },
  int64: { code: 7, bits: 64 },
  string: { code: 8, bits: 0 },
  bool: { code: 9, bits: 8 },
  float16: { code: 10, bits: 16 },
  float64: { code: 11, bits: 64 },
  uint32: { code: 12, bits: 32 },
  uint64: { code: 13, bits: 64 },
  complex64: { code: 14, bits: 64 },
  complex128: { code: 15, bits: 128 },
  bfloat16: { code: 16, bits: 16 },
  float8e4m3fn: { code: 17, bits: 8 },
  float8e4m3fnuz: { code: 18, bits: 8 },
  float8e5m2: { code: 19, bits: 8 },
  float8e5m2fnuz: { code: 20, bits: 8 },
  uint4: { code: 21, bits: 4 },
  int4: { code: 22, bits: 4 },
  float4e2m1: { code: 23, bits: 4 },
  float8e8m0: { code: 24, bits: 8 },
  uint2: { code: 25, bits: 2 },
  int2: { code: 26, bits: 2 },
};

const NAMES = Object.keys(TYPES) as ElementType[];
NAMES.sort((a, b) => TYPES[a].code - TYPES[b].code);

const COMPUTED: readonly string[] = [
  "float64",
  "float32",
  "float16",
  "int64",
  "int32",
  "uint8",
  "bool",
] satisfies DType[];

/** ONNX's number for an element type. */
export function codeOf(dtype: ElementType): number {
  return TYPES[dtype].code;
}

/** The element type that ONNX numbers `code`, or undefined where there is none. */
export function elementTypeOf(code: number): ElementType | undefined {
  return NAMES[code];
}

/** Bits of one element; 0 for strings. */
export function bitsOf(dtype: ElementType): number {
  return TYPES[dtype].bits;
}

/** Whether Diopter computes with this element type, as against only carrying it. */
export function isComputed(dtype: ElementType): dtype is DType {
  return COMPUTED.includes(dtype);
}
