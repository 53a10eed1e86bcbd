/** @file The JSON form of a circuit, and the check that something read from a file is one. */

import type { CircuitPosition } from "./positions";
import type { GraphShape } from "./shape";

/** A circuit as JSON; `schema` rises when its meaning changes. */
export interface CircuitJSON {
  readonly kind: "diopter/circuit";
  readonly schema: 1;
  readonly name: string;
  readonly version: string;
  readonly source?: string;
  readonly component: "edge" | "node";
  readonly shape: GraphShape;
  readonly derivation: readonly string[];
  /** Names, or a name with positions. */
  readonly elements: readonly (
    | string
    | { readonly name: string; readonly at: readonly CircuitPosition[] }
  )[];
}

/**
 * The value as `CircuitJSON`. Element names are checked by the circuit itself.
 *
 * Throws `TypeError` for a value of another form, naming the field, and `RangeError` for another schema.
 */
export function parseCircuitJSON(json: unknown): CircuitJSON {
  const circuit = record(json);
  if (circuit.kind !== "diopter/circuit") fail("kind", '"diopter/circuit"', circuit.kind);
  if (circuit.schema !== 1)
    throw new RangeError(
      `circuit JSON: schema ${show(circuit.schema)} is not supported; expected 1`,
    );
  text(circuit.name, "name");
  text(circuit.version, "version");
  if (circuit.source !== undefined) text(circuit.source, "source");
  oneOf(circuit.component, ["edge", "node"], "component");
  checkShape(circuit.shape);
  list(circuit.derivation, "derivation").forEach((word, i) => {
    text(word, `derivation[${i}]`);
  });
  list(circuit.elements, "elements").forEach(checkElement);
  return json as CircuitJSON;
}

function checkShape(value: unknown): void {
  const shape = record(value, "shape");
  for (const key of ["nLayers", "nHeads", "nKeyValueHeads"])
    if (!Number.isSafeInteger(shape[key]) || (shape[key] as number) < 1)
      fail(`shape.${key}`, "a positive integer", shape[key]);
  if ((shape.nHeads as number) % (shape.nKeyValueHeads as number) !== 0)
    fail("shape.nKeyValueHeads", `a divisor of ${show(shape.nHeads)}`, shape.nKeyValueHeads);
  for (const key of ["attnOnly", "parallel"])
    if (typeof shape[key] !== "boolean") fail(`shape.${key}`, "a boolean", shape[key]);
  oneOf(shape.inputs, ["split", "joint"], "shape.inputs");
  oneOf(shape.embedding, ["split", "joint"], "shape.embedding");
}

function checkElement(value: unknown, i: number): void {
  if (typeof value === "string") return;
  const element = record(value, `elements[${i}]`);
  text(element.name, `elements[${i}].name`);
  for (const position of list(element.at, `elements[${i}].at`))
    if (typeof position !== "number" && typeof position !== "string")
      fail(`elements[${i}].at`, "indices and names", position);
}

function record(value: unknown, field?: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail(field, "an object", value);
  return value as Record<string, unknown>;
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) fail(field, "an array", value);
  return value as unknown[];
}

function text(value: unknown, field: string): void {
  if (typeof value !== "string") fail(field, "a string", value);
}

function oneOf(value: unknown, choices: readonly string[], field: string): void {
  if (!choices.includes(value as string)) fail(field, choices.map(show).join(" or "), value);
}

function fail(field: string | undefined, expected: string, got: unknown): never {
  const where = field === undefined ? "" : `${field}: `;
  throw new TypeError(`circuit JSON: ${where}expected ${expected}, got ${show(got)}`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
