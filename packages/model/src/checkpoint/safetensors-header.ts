/** @file The header of a safetensors file, checked before a single byte of data is believed. */

import { brief, quoted } from "@diopter/graph";
import { SafetensorsError } from "../config/errors";

/** Bytes per element of the element types that are read. */
const widths = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;

export type SafetensorsDType = keyof typeof widths;

/** Bytes per element of the other types of the format: a file may hold such tensors, as long as nobody reads them. */
const otherWidths = {
  I8: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  U64: 8,
  C64: 8,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
} as const;

const allWidths = { ...widths, ...otherWidths };

/** An element type of the format that is not read. */
export type OtherSafetensorsDType = keyof typeof otherWidths;

/** Where a tensor lies in the file: bytes `start` to `end`, counted from the beginning of the file. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDType | OtherSafetensorsDType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Longest header that is read, as in the reference implementation. */
export const maxHeaderLength = 100_000_000;

/**
 * Length of the JSON header, from the first 8 bytes of a file of `size` bytes.
 *
 * @throws {SafetensorsError} when the file cannot hold such a header.
 */
export function headerLength(first8: Uint8Array, size: number, subject: string): number {
  if (size < 8) throw new SafetensorsError(`${subject}: ${size} bytes are too few for safetensors`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderLength)) {
    throw new SafetensorsError(`${subject}: header of ${length} bytes is over the limit of 100 MB`);
  }
  if (length > BigInt(size - 8)) {
    throw new SafetensorsError(
      `${subject}: header of ${length} bytes reaches beyond the file of ${size} bytes`,
    );
  }
  return Number(length);
}

/**
 * The checked header of a file of `size` bytes.
 *
 * Tensors must cover the data exactly: no overlaps, no holes, nothing beyond the file.
 *
 * @throws {SafetensorsError} naming the tensor and what is wrong with it.
 */
export function parseHeader(json: Uint8Array, size: number, subject: string): SafetensorsHeader {
  // A browser's decoder refuses shared memory.
  const text = new TextDecoder().decode(json.slice());
  const object = parseObject(text, subject);
  refuseDuplicates(text, subject);
  const base = 8 + json.length;
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(object)) {
    if (name === "__metadata__") metadata = parseMetadata(value, subject);
    else
      tensors.set(
        name,
        parseEntry(value, base, size, () => `${subject}: tensor ${quoted(name)}`),
      );
  }
  requireCover(tensors, base, size, subject);
  return { tensors, metadata };
}

function parseObject(text: string, subject: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(`${subject}: header is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SafetensorsError(`${subject}: header is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

function parseMetadata(value: unknown, subject: string): ReadonlyMap<string, string> {
  const entries = Object.entries((value ?? 0) as object);
  if (
    typeof value !== "object" ||
    value === null ||
    entries.some(([, text]) => typeof text !== "string")
  ) {
    throw new SafetensorsError(`${subject}: __metadata__ is not an object of strings`);
  }
  return new Map(entries);
}

function parseEntry(
  value: unknown,
  base: number,
  size: number,
  subject: () => string,
): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(allWidths, dtype)) throw unread(subject(), dtype);
  if (!isSizes(shape)) {
    throw new SafetensorsError(
      `${subject()} has shape ${quoted(shape)}; expected sizes of 0 or more`,
    );
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new SafetensorsError(
      `${subject()} has data_offsets ${quoted(offsets)}; expected [start, end]`,
    );
  }
  const [start = 0, end = 0] = offsets;
  if (start > end || base + end > size) {
    throw new SafetensorsError(
      `${subject()} lies at bytes ${start} to ${end} of ${size - base} bytes of data`,
    );
  }
  const width = allWidths[dtype as keyof typeof allWidths];
  const expected = shape.reduce((product, n) => product * n, width);
  if (end - start !== expected) {
    throw new SafetensorsError(
      `${subject()} has ${end - start} bytes; ${dtype} ${brief(`[${shape.join(", ")}]`)} needs ${expected}`,
    );
  }
  return { dtype: dtype as keyof typeof allWidths, shape, start: base + start, end: base + end };
}

/**
 * The element type of a tensor that is to be read.
 *
 * @throws {SafetensorsError} for one that no array holds, naming those that are read
 */
export function readableType(entry: SafetensorsEntry, subject: string): SafetensorsDType {
  if (Object.hasOwn(widths, entry.dtype)) return entry.dtype as SafetensorsDType;
  throw unread(subject, entry.dtype);
}

function unread(subject: string, dtype: unknown): SafetensorsError {
  const supported = Object.keys(widths).join(", ");
  return new SafetensorsError(`${subject} has dtype ${quoted(dtype)}; supported: ${supported}`);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function requireCover(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  base: number,
  size: number,
  subject: string,
): void {
  let [at, before] = [base, ""];
  const sorted = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  for (const [name, { start, end }] of sorted) {
    if (start < at) {
      throw new SafetensorsError(
        `${subject}: tensors ${quoted(before)} and ${quoted(name)} overlap`,
      );
    }
    if (start > at) throw hole(at - base, start - base, subject);
    [at, before] = [end, name];
  }
  if (at < size) throw hole(at - base, size - base, subject);
}

function hole(start: number, end: number, subject: string): SafetensorsError {
  return new SafetensorsError(
    `${subject}: bytes ${start} to ${end} of the data belong to no tensor`,
  );
}

/** JSON.parse keeps the last of two equal keys without a word, so keys are looked for in the text. */
function refuseDuplicates(text: string, subject: string): void {
  const seen = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (seen.has(key)) {
      throw new SafetensorsError(`${subject}: header names tensor ${quoted(key)} twice`);
    }
    seen.add(key);
  }
}

/** Keys of the outermost object of a valid JSON text; one pass without a pattern, which a text of megabytes overflows. */
function* topLevelKeys(text: string): Generator<string> {
  // The codes of { [ } ] and ".
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x22) {
      const end = endOfString(text, at);
      if (depth === 1 && isKey(text, end)) yield JSON.parse(text.slice(at, end)) as string;
      at = end - 1;
    }
  }
}

/** Where the string that starts at `start` is over. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}
