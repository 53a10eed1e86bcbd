/** @file The bytes of an ONNX file and of the files beside it that hold its large weights. */

import { decode, type ExternalTensor, type Graph, type Initializer } from "@diopter/graph";
import { allocate, bytesPerElement, type DType, isDType } from "@diopter/tensor";
import type { Files } from "../checkpoint/files";
import { MissingFileError } from "../config/errors";

/** Bytes per element of types that Diopter carries but does not compute with; 4-bit ones are packed. */
const OTHER_BITS: Readonly<Record<string, number>> = {
  bfloat16: 16,
  int8: 8,
  int16: 16,
  uint16: 16,
  uint32: 32,
  uint64: 64,
  int4: 4,
  uint4: 4,
};

/**
 * The graph of a file with all its weights.
 *
 * Each file of external data is read once; weights are views of it where alignment allows.
 *
 * @throws {RangeError} when the file is no ONNX file, or a weight lies outside the folder or past the end of its file
 * @throws {MissingFileError} when a file of external data is not there
 */
export async function readOnnx(
  bytes: Uint8Array,
  files: Files | undefined,
  name = "model.onnx",
): Promise<Graph> {
  const graph = decode(bytes);
  const external = [...graph.initializers].filter(
    (entry): entry is [string, ExternalTensor] => "external" in entry[1],
  );
  if (external.length === 0) return graph;
  const buffers = new Map<string, Uint8Array>();
  const initializers = new Map(graph.initializers);
  for (const [weight, tensor] of external) {
    const { location } = tensor.external;
    const file = safePath(location, weight, name);
    if (!files)
      throw new MissingFileError(
        `onnx: weight "${weight}" lies in the file "${location}"; give the path of the model, or its folder`,
      );
    if (!buffers.has(file)) buffers.set(file, await readWhole(files, file, weight));
    initializers.set(weight, materialise(weight, tensor, buffers.get(file)!));
  }
  return { ...graph, initializers };
}

/** A path below the folder of the model, with forward slashes. */
function safePath(location: string, weight: string, model: string): string {
  const parts = location.split("/").filter((part) => part !== "" && part !== ".");
  const outside =
    location === "" ||
    /^([/\\]|[a-zA-Z]:)/.test(location) ||
    location.includes("\\") ||
    location.includes("\0") ||
    parts.includes("..");
  if (outside)
    throw new RangeError(
      `onnx: weight "${weight}" of "${model}" lies in ${JSON.stringify(location)}, which is not inside the model's folder`,
    );
  return parts.join("/");
}

async function readWhole(files: Files, file: string, weight: string): Promise<Uint8Array> {
  if ((await files.size(file)) === undefined) {
    throw new MissingFileError(
      `onnx: no file "${file}" in ${files.id}, where weight "${weight}" lies`,
    );
  }
  return files.read(file);
}

function materialise(
  weight: string,
  { dtype, shape, external }: ExternalTensor,
  file: Uint8Array,
): Initializer {
  const count = shape.reduce((product, n) => product * n, 1);
  const bits = isDType(dtype) ? 8 * bytesPerElement(dtype) : OTHER_BITS[dtype];
  // What nothing reads stands in no one's way, and what reads it says so by its name.
  if (bits === undefined) return { dtype, shape, external };
  const length = Math.ceil((count * bits) / 8);
  const { offset, length: stated } = external;
  if (stated !== undefined && stated !== length)
    throw new RangeError(
      `onnx: weight "${weight}" of shape [${shape.join(", ")}] needs ${length} bytes, the file states ${stated}`,
    );
  if (!(offset >= 0) || offset + length > file.byteLength) {
    throw new RangeError(
      `onnx: weight "${weight}" lies at bytes ${offset} to ${offset + length} of "${external.location}", which has ${file.byteLength}`,
    );
  }
  const raw = file.subarray(offset, offset + length);
  if (!isDType(dtype)) return { dtype, shape, raw };
  return viewed(dtype, shape, raw);
}

/** A view of the bytes, or of a copy of them where they do not lie at a multiple of the element's width. */
function viewed(dtype: DType, shape: readonly number[], raw: Uint8Array): Initializer {
  const array = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => Float32Array;
  const width = bytesPerElement(dtype);
  const aligned = raw.byteOffset % width === 0 ? raw : raw.slice();
  return {
    dtype,
    shape,
    data: new array(aligned.buffer, aligned.byteOffset, aligned.byteLength / width),
  } as Initializer;
}
