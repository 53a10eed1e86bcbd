/** @file A graph is data: ordered nodes, named values, initializers. Every pass takes one and returns a new one. */

import type { DType, TensorLike } from "@diopter/tensor";

/** ONNX element types that Diopter computes with, and those that it only carries. */
export type ElementType =
  | DType
  | "bfloat16"
  | "int8"
  | "int16"
  | "uint16"
  | "uint32"
  | "uint64"
  | "complex64"
  | "complex128"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "float8e8m0"
  | "float4e2m1"
  | "uint4"
  | "int4"
  | "uint2"
  | "int2"
  | "string"
  | "undefined";

/** A dimension: a number, a symbol such as `"batch"`, or `null` when nothing is known. */
export type Dim = number | string | null;

/** A named value with its dtype and dimensions; `shape` is undefined when even the rank is unknown. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly Dim[] | undefined;
  /** What else a decoded file says of it (a type that is no tensor, documentation), for `encode`. */
  readonly extra?: unknown;
}

/** A tensor whose element type Diopter does not compute with: its little-endian bytes, or its strings. */
export interface OpaqueTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly raw: Uint8Array | readonly Uint8Array[];
}

/** An initializer whose bytes live in another file, as ONNX's external data. */
export interface ExternalTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly external: {
    readonly location: string;
    readonly offset: number;
    readonly length?: number;
  };
}

export type Initializer = TensorLike | OpaqueTensor | ExternalTensor;

/** ONNX attributes keep their type, since `1` and `1.0` are different attributes. */
export type Attribute =
  | { readonly type: "int"; readonly value: number | bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array }
  | { readonly type: "ints"; readonly value: readonly (number | bigint)[] }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "tensor"; readonly value: Initializer }
  | { readonly type: "graph"; readonly value: Graph }
  /** Anything else (sparse tensors, type protos, lists of graphs): the encoded AttributeProto, kept, not understood. */
  | { readonly type: "raw"; readonly value: Uint8Array };

/** One operation. An absent optional input or output is the empty string. */
export interface Node {
  readonly op: string;
  /** ONNX operator domain; `""` is the standard one. */
  readonly domain: string;
  readonly name?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Readonly<Record<string, Attribute>>;
  /** What else a decoded file says of it (overload, documentation, metadata, devices), for `encode`. */
  readonly extra?: unknown;
}

/**
 * An ONNX graph as an immutable value.
 *
 * Nodes are in execution order. `values` knows dtype and shape of every value that has been inferred
 * or declared: inputs, outputs and intermediates (initializers describe themselves).
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly values: ReadonlyMap<string, ValueInfo>;
  /** Operator set version per domain. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Whatever else a decoded file holds at model level (IR version, producer, functions, metadata), for `encode`. */
  readonly extra?: unknown;
}

/** A value of a graph under construction: its name, element type and dimensions. */
export interface Value {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly Dim[];
}

/** Thrown where a rule needs the dimensions of a value of which nothing is known. */
export class UnknownRankError extends RangeError {
  override readonly name = "UnknownRankError";
  constructor(value: string) {
    super(`value "${value}": its rank is unknown`);
  }
}

/** The builder's own side of a `Value`: it may still be renamed, and small integer contents are remembered. */
export class Handle implements Value {
  constructor(
    public name: string,
    readonly dtype: ElementType,
    public dims: readonly Dim[] | undefined,
    readonly data?: readonly Dim[] | undefined,
    public automatic = false,
  ) {}

  get shape(): readonly Dim[] {
    if (this.dims === undefined) throw new UnknownRankError(this.name);
    return this.dims;
  }
}
