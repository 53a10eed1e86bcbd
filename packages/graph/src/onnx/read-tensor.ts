/** @file TensorProto messages as initializers; sizes are checked against what the file holds before anything is made. */

import type { DataTypeMap, DType } from "@diopter/tensor";
import { type TensorProto, TensorProto_DataLocation } from "onnx-buf";
import { bitsOf, elementTypeOf, isComputed } from "../graph/element-types";
import type { ElementType, ExternalTensor, Initializer } from "../graph/types";

/**
 * Reads a tensor; numbers stored as bytes stay views of the file where alignment allows.
 *
 * @throws RangeError when dims, element type and data contradict each other.
 */
export function readTensor(proto: TensorProto, subject: string): Initializer {
  const dtype = elementType(proto.dataType, subject);
  const shape = proto.dims.map((dim) => size(dim, subject));
  if (proto.segment !== undefined) throw new RangeError(`onnx: ${subject} is stored in segments`);
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    return { dtype, shape, external: external(proto, subject) };
  }
  const count = elements(shape, subject);
  const label = `${subject}, ${dtype} [${shape.join(", ")}],`;
  if (dtype === "string") {
    expectCount(label, count, proto.stringData.length, "strings");
    return { dtype, shape, raw: proto.stringData };
  }
  const raw = proto.rawData.length > 0 ? proto.rawData : fromTypedFields(proto, dtype);
  const bytes = Math.ceil((count * bitsOf(dtype)) / 8);
  expectCount(label, bytes, raw.byteLength, "bytes");
  if (!isComputed(dtype)) return { dtype, shape, raw };
  return { dtype, shape, data: typedView(dtype, raw) };
}

export function elementType(code: number, subject: string): ElementType {
  const dtype = elementTypeOf(code);
  if (dtype === undefined)
    throw new RangeError(`onnx: ${subject} has the unknown element type ${code}`);
  return dtype;
}

function size(dim: bigint, subject: string): number {
  if (dim < 0n) throw new RangeError(`onnx: ${subject} has a negative dimension: ${dim}`);
  if (dim > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`onnx: ${subject} has an impossible dimension: ${dim}`);
  }
  return Number(dim);
}

function elements(shape: readonly number[], subject: string): number {
  const count = shape.includes(0) ? 0 : shape.reduce((product, dim) => product * dim, 1);
  if (count > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`onnx: ${subject} has impossible dimensions: [${shape.join(", ")}]`);
  }
  return count;
}

function expectCount(label: string, expected: number, got: number, unit: string): void {
  if (expected === got) return;
  throw new RangeError(`onnx: ${label} needs ${expected} ${unit}, the file holds ${got}`);
}

/** The typed fields of TensorProto, per the comments of onnx.proto, as the bytes that `raw_data` would hold. */
function fromTypedFields(proto: TensorProto, dtype: ElementType): Uint8Array {
  if (dtype === "float32" || dtype === "complex64")
    return bytesOf(Float32Array.from(proto.floatData));
  if (dtype === "float64" || dtype === "complex128") {
    return bytesOf(Float64Array.from(proto.doubleData));
  }
  if (dtype === "int64") return bytesOf(BigInt64Array.from(proto.int64Data));
  if (dtype === "uint64") return bytesOf(BigUint64Array.from(proto.uint64Data));
  if (dtype === "uint32") return bytesOf(Uint32Array.from(proto.uint64Data, Number));
  // Everything narrower travels in int32_data; elements below a byte come packed, one byte an entry.
  const bits = bitsOf(dtype);
  if (bits === 32) return bytesOf(Int32Array.from(proto.int32Data));
  return bytesOf((bits === 16 ? Uint16Array : Uint8Array).from(proto.int32Data));
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

function typedView<D extends DType>(dtype: D, raw: Uint8Array): DataTypeMap[D] {
  const Data = ARRAYS[dtype];
  const { buffer, byteOffset } = raw.byteOffset % Data.BYTES_PER_ELEMENT === 0 ? raw : raw.slice();
  const length = raw.byteLength / Data.BYTES_PER_ELEMENT;
  return new Data(buffer as ArrayBuffer, byteOffset, length) as DataTypeMap[D];
}

function external(proto: TensorProto, subject: string): ExternalTensor["external"] {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  if (location === undefined)
    throw new RangeError(`onnx: ${subject} is external, but nothing says where`);
  const offset = position(entries.get("offset") ?? "0", "offset", subject);
  const length = entries.get("length");
  if (length === undefined) return { location, offset };
  return { location, offset, length: position(length, "length", subject) };
}

function position(text: string, key: string, subject: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`onnx: ${subject} has no valid external ${key}: "${text}"`);
}
