/** @file What the table holds for each op: arity, attributes, shape rule, reference evaluation. */

import type { Tensor, TensorLike } from "@diopter/tensor";
import type { Attribute, Dim, ElementType } from "../graph/types";

/** What a shape rule knows of an input; `data` is the contents of a small integer vector, where known. */
export interface Operand {
  readonly name: string;
  readonly dtype: ElementType;
  /** Reading it throws when not even the rank is known. */
  readonly shape: readonly Dim[];
  readonly data?: readonly Dim[] | undefined;
}

/** What a shape rule says of an output. */
export interface Inferred {
  readonly dtype: ElementType;
  readonly shape: readonly Dim[];
  readonly data?: readonly Dim[] | undefined;
}

/**
 * Arguments of a node by position.
 *
 * The `arity` of a row guarantees the required ones; a row compares optional ones with undefined.
 */
export type Arguments<T> = readonly [T, T, T, T, T, T, ...T[]];

export interface InferContext {
  readonly op: string;
  readonly outputs: number;
  readonly opset: number;
}

export interface EvaluateContext extends InferContext {
  /** "float64": every float is float64 whatever the graph declares. */
  readonly precision: "float64" | "declared";
}

/** Type and default of an attribute. */
export interface AttributeSpec<T = unknown> {
  readonly type: Exclude<Attribute["type"], "raw" | "graph">;
  readonly value: T;
}

/** Plain values of declared attributes. */
export type Attrs<S> = { readonly [K in keyof S]: S[K] extends AttributeSpec<infer T> ? T : never };

export interface OpRow<S extends Readonly<Record<string, AttributeSpec>>> {
  /** Least and largest number of inputs; one unless said. */
  readonly arity?: readonly [number, number];
  /** Outputs made when the caller does not say; one unless said. */
  readonly outputs?: number;
  /** First operator set in which the op is what the row says. */
  readonly since?: number;
  readonly attrs?: S;
  infer(inputs: Arguments<Operand>, attrs: Attrs<S>, context: InferContext): readonly Inferred[];
  evaluate(
    inputs: Arguments<Tensor>,
    attrs: Attrs<S>,
    context: EvaluateContext,
  ): readonly (Tensor | undefined)[];
}

/** A row of the table, attributes typed loosely so that all rows are alike. */
export interface Op {
  readonly arity: readonly [number, number];
  readonly outputs: number;
  readonly since: number;
  readonly attrs: Readonly<Record<string, AttributeSpec>>;
  infer(
    inputs: Arguments<Operand>,
    attrs: Readonly<Record<string, unknown>>,
    context: InferContext,
  ): readonly Inferred[];
  evaluate(
    inputs: Arguments<Tensor>,
    attrs: Readonly<Record<string, unknown>>,
    context: EvaluateContext,
  ): readonly (Tensor | undefined)[];
}

/** A row that still knows which attributes it declares. */
export interface OpOf<S extends Readonly<Record<string, AttributeSpec>>> extends Op {
  readonly attrs: S;
}

// biome-ignore lint/complexity/noBannedTypes: a row without attributes has the empty type.
export function op<S extends Readonly<Record<string, AttributeSpec>> = {}>(row: OpRow<S>): OpOf<S> {
  return { arity: [1, 1], outputs: 1, since: 1, attrs: {}, ...row } as unknown as OpOf<S>;
}

export const int = (value: number): AttributeSpec<number> => ({ type: "int", value });
export const float = (value: number): AttributeSpec<number> => ({ type: "float", value });
export const string = (value: string): AttributeSpec<string> => ({ type: "string", value });
export const optionalInt: AttributeSpec<number | undefined> = { type: "int", value: undefined };
export const optionalInts: AttributeSpec<readonly number[] | undefined> = {
  type: "ints",
  value: undefined,
};

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
    const spec = row && Object.hasOwn(row.attrs, name) ? row.attrs[name] : undefined;
    result[name] = tag(op, name, spec?.type, value);
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
