/** @file Attributes between their tagged form in a graph and the plain values that rows and callers use. */

import type { TensorLike } from "@diopter/tensor";
import type { Attribute } from "../graph/types";
import type { Op } from "./row";

/** What callers may write for an attribute: a plain value, or a tagged one where the type would be in doubt. */
export type AttributeInput =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | TensorLike
  | Attribute
  | undefined;

const TAGS = [
  "int",
  "float",
  "string",
  "bytes",
  "ints",
  "floats",
  "strings",
  "tensor",
  "graph",
  "raw",
];

/** Tags plain attributes with the types that the op's row declares, or with the obvious ones. */
export function tagged(
  op: string,
  row: Op | undefined,
  attrs: Readonly<Record<string, AttributeInput>>,
): Record<string, Attribute> {
  const result: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined) continue;
    result[name] = tag(op, name, row?.attrs[name]?.type, value);
  }
  return result;
}

function tag(op: string, name: string, type: string | undefined, value: AttributeInput): Attribute {
  if (isTagged(value)) return value;
  const plain = typeof value === "boolean" ? Number(value) : value;
  const chosen = type ?? obvious(plain);
  if (chosen === undefined) throw new TypeError(`${op}: attribute "${name}" has no ONNX type`);
  return { type: chosen, value: plain } as Attribute;
}

function isTagged(value: AttributeInput): value is Attribute {
  return typeof value === "object" && "type" in value && TAGS.includes(value.type);
}

function obvious(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "string") return "string";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === "string")) return "strings";
    return value.every(Number.isInteger) ? "ints" : "floats";
  }
  if (typeof value === "object" && value !== null && "dtype" in value) return "tensor";
  return undefined;
}

/** Plain attributes of a node, with the defaults of its row. */
export function plain(
  row: Op | undefined,
  attrs: Readonly<Record<string, Attribute>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(row?.attrs ?? {})) result[name] = spec.value;
  for (const [name, attribute] of Object.entries(attrs)) {
    if (attribute.type === "int") result[name] = Number(attribute.value);
    else if (attribute.type === "ints") result[name] = attribute.value.map(Number);
    else result[name] = attribute.value;
  }
  return result;
}
