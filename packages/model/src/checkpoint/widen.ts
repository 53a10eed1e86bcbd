/** @file Bytes of a safetensors tensor as a typed array; half precision becomes float32. */

import { bfloat16ToFloat32, float16ToFloat32, fromData, type TensorLike } from "@diopter/tensor";
import type { SafetensorsDType } from "./safetensors-header";

/**
 * The tensor whose little-endian elements are `bytes`.
 *
 * A view of `bytes` where alignment allows; bytes that start elsewhere, or lie in shared memory
 * (which onnxruntime-node refuses), are copied.
 */
export function widen(
  bytes: Uint8Array,
  dtype: SafetensorsDType,
  shape: readonly number[],
): TensorLike {
  const of = <A>(
    Data: new (buffer: ArrayBuffer, offset: number, length: number) => A,
    width: number,
  ): A => {
    const view = bytes.byteOffset % width === 0 && bytes.buffer instanceof ArrayBuffer;
    const { buffer, byteOffset, byteLength } = view ? bytes : new Uint8Array(bytes);
    return new Data(buffer as ArrayBuffer, byteOffset, byteLength / width);
  };
  switch (dtype) {
    case "F64":
      return fromData(of(Float64Array, 8), shape);
    case "F32":
      return fromData(of(Float32Array, 4), shape);
    case "F16":
      return fromData(float16ToFloat32(of(Uint16Array, 2)), shape);
    case "BF16":
      return fromData(bfloat16ToFloat32(of(Uint16Array, 2)), shape);
    case "I64":
      return fromData(of(BigInt64Array, 8), shape);
    case "I32":
      return fromData(of(Int32Array, 4), shape);
    case "U8":
      return fromData(of(Uint8Array, 1), shape);
    case "BOOL":
      return fromData(of(Uint8Array, 1), shape, "bool");
  }
}
