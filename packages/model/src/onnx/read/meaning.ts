/** @file What a value of a graph is: small numbers known in symbols, a field, or something that could not be followed. */

import { type Initializer, Size } from "@diopter/graph";
import { cast } from "@diopter/tensor";
import { Refusal } from "../refusal";
import { at, type Body, freshVar, num } from "./body";
import { type Field, freshDims } from "./field";
import { rotationTable } from "./rotation-table";

/** Shapes and other small numbers, at most one-dimensional in spirit. */
export interface Nums {
  readonly kind: "nums";
  readonly shape: readonly number[];
  readonly items: readonly Size[];
  readonly int: boolean;
}

export interface FieldMeaning extends Field {
  readonly kind: "field";
}

export interface Unknown {
  readonly kind: "unknown";
  readonly reason: string;
}

export type Meaning = Nums | FieldMeaning | Unknown;

export function nums(items: readonly Size[], shape: readonly number[], int: boolean): Nums {
  return { kind: "nums", items, shape, int };
}

export function asField(field: Field): FieldMeaning {
  return { kind: "field", dims: field.dims, body: field.body };
}

/** Any known meaning as a field. */
export function fieldOf(meaning: Meaning): Field {
  if (meaning.kind === "field") return meaning;
  if (meaning.kind === "unknown") throw new Refusal(meaning.reason);
  const { items, shape } = meaning;
  const bodies = items.map(bodyOf);
  if (items.length === 1) return { dims: shape.map(() => []), body: bodies[0]! };
  const long = shape.filter((n) => n !== 1);
  if (long.length !== 1) throw new Refusal(`numbers of shape [${shape}] as a tensor`);
  const v = freshVar(Size.of(items.length));
  const values = items.map((item) => item.value);
  const counts = values.every((value, i) => value === i);
  const same = values.every((value) => value !== undefined && value === values[0]);
  const body: Body = counts
    ? at(v)
    : same
      ? bodies[0]!
      : { k: "pick", on: at(v), cases: bodies.map((b, i) => ({ from: i, to: i + 1, body: b })) };
  return { dims: shape.map((n) => (n === 1 ? [] : [v])), body };
}

function bodyOf(item: Size): Body {
  return item.value === undefined ? { k: "size", size: item } : num(item.value);
}

const MOST_NUMS = 8;

/** An initializer: small whole numbers as numbers, counting numbers as a coordinate, anything else by name. */
export function initializerMeaning(name: string, tensor: Initializer): Meaning {
  const { shape, dtype } = tensor;
  const count = shape.reduce((a, b) => a * b, 1);
  const int = !dtype.startsWith("float") && dtype !== "bfloat16";
  const readable =
    "data" in tensor && tensor.dtype === "float16" && count <= 1 ? cast(tensor, "float32") : tensor;
  const data = "data" in readable ? readable.data : undefined;
  if (data && (count <= 1 || (int && shape.length === 1 && count <= MOST_NUMS))) {
    return nums(
      Array.from(data as ArrayLike<number | bigint>, (x) => Size.of(Number(x))),
      shape,
      int,
    );
  }
  const dims = freshDims(shape.map((n) => Size.of(n)));
  if (data && int) {
    const along = countingAxis(data as ArrayLike<number | bigint>, shape);
    if (along !== undefined) return { kind: "field", dims, body: at(dims[along]![0]!) };
    if (allSame(data as ArrayLike<number | bigint>)) {
      return { kind: "field", dims, body: num(Number(data[0])) };
    }
  }
  const index = dims.map(([v]) => (v ? at(v) : num(0)));
  const leaf: Body = { k: "const", name, index };
  const table = rotationTable(tensor);
  return { kind: "field", dims, body: table ? { k: "op", op: table, args: [leaf] } : leaf };
}

/** The last axis, if numbers count 0, 1, 2, ... along it and repeat along all others. */
function countingAxis(
  data: ArrayLike<number | bigint>,
  shape: readonly number[],
): number | undefined {
  const width = shape.at(-1) ?? 1;
  if (width < 2) return undefined;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) !== i % width) return undefined;
  return shape.length - 1;
}

function allSame(data: ArrayLike<number | bigint>): boolean {
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return false;
  return data.length > 0;
}
