/** @file safetensors: read tensor by tensor without a second copy of the file, and written. https://github.com/huggingface/safetensors */

import { quoted } from "@diopter/graph";
import type { DType, TensorLike } from "@diopter/tensor";
import { SafetensorsError } from "../config/errors";
import type { Files } from "./files";
import { readTogether } from "./read-together";
import {
  headerLength,
  parseHeader,
  readableType,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./safetensors-header";
import { widen } from "./widen";

/** An opened file: its header is read and checked, its tensors are read one at a time. */
export interface SafetensorsFile extends SafetensorsHeader {
  /**
   * One tensor in an array of its own; F16 and BF16 are widened to float32.
   *
   * @throws {RangeError} when there is no such tensor.
   */
  read(name: string): Promise<TensorLike>;
  /** Several tensors that will live equally long, and may share memory. */
  readMany(names: readonly string[]): Promise<TensorLike[]>;
}

/** Opens file `name` of `files`. */
export async function openSafetensors(files: Files, name: string): Promise<SafetensorsFile> {
  const subject = `${files.id}/${name}`;
  const size = await files.size(name);
  if (size === undefined) throw new SafetensorsError(`${files.id}: no file "${name}"`);
  const length = headerLength(await files.read(name, 0, Math.min(8, size)), size, subject);
  const header = parseHeader(await files.read(name, 8, 8 + length), size, subject);
  const file = withRead(header, subject, ({ start, end }) => files.read(name, start, end));
  if (!files.readInto) return file;
  const readInto = files.readInto.bind(files, name);
  return { ...file, readMany: (names) => readMany(file, names, readInto) };
}

/** Tensors that are widened get arrays of their own anyway; all others are read together. */
async function readMany(
  file: SafetensorsFile,
  names: readonly string[],
  readInto: (start: number, target: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<TensorLike[]> {
  const whole = names.filter((name) =>
    /^(F64|F32|I64|I32|U8|BOOL)$/.test(file.tensors.get(name)?.dtype ?? ""),
  );
  const entries = whole.map((name) => file.tensors.get(name)!);
  const together = await readTogether(entries, readInto);
  const tensors = new Map(whole.map((name, i) => [name, together[i]!]));
  return each(names, async (name) => tensors.get(name) ?? file.read(name));
}

/** One after the other, so that no more is in memory than must be. */
async function each<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (const name of names) all.push(await read(name));
  return all;
}

/**
 * Opens a file in memory; float32 and other unconverted tensors are views where alignment allows.
 *
 * @example
 * const file = openSafetensorsBytes(bytes);
 * const wE = await file.read("wte.weight");
 */
export function openSafetensorsBytes(
  bytes: Uint8Array | ArrayBuffer,
  subject = "safetensors",
): SafetensorsFile {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const length = headerLength(all.subarray(0, 8), all.length, subject);
  const header = parseHeader(all.subarray(8, 8 + length), all.length, subject);
  return withRead(header, subject, async ({ start, end }) => all.subarray(start, end));
}

/** All tensors of a file in memory, by name. */
export async function decodeSafetensors(
  bytes: Uint8Array | ArrayBuffer,
): Promise<Map<string, TensorLike>> {
  const file = openSafetensorsBytes(bytes);
  const tensors = new Map<string, TensorLike>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  return tensors;
}

const dtypeNames = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
} as const satisfies Record<DType, string>;

/**
 * The bytes of a safetensors file that holds `tensors`, widest element types first and then by name, so that equal tensors give equal bytes.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorLike> | Readonly<Record<string, TensorLike>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...(tensors instanceof Map ? tensors : Object.entries(tensors))] as [
    string,
    TensorLike,
  ][];
  entries.sort(
    ([a, x], [b, y]) =>
      y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : Number(a > b)),
  );
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let at = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    requireFit(name, shape, data.length);
    const entry = { dtype: dtypeNames[dtype], shape, data_offsets: [at, at + data.byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + at).fill(0x20, 8, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  let offset = 8 + padded;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function requireFit(name: string, shape: readonly number[], length: number): void {
  if (name === "__metadata__")
    throw new RangeError(`safetensors: "__metadata__" is not a tensor name`);
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== length) {
    throw new RangeError(
      `safetensors: tensor "${name}" [${shape.join(", ")}] needs ${size} values, got ${length}`,
    );
  }
}

function withRead(
  header: SafetensorsHeader,
  subject: string,
  bytesOf: (entry: SafetensorsEntry) => Promise<Uint8Array>,
): SafetensorsFile {
  const read = async (name: string) => {
    const entry = header.tensors.get(name);
    if (!entry) throw new RangeError(`${subject}: no tensor ${quoted(name)}`);
    const dtype = readableType(entry, `${subject}: tensor ${quoted(name)}`);
    return widen(await bytesOf(entry), dtype, entry.shape);
  };
  return { ...header, read, readMany: (names) => each(names, read) };
}
