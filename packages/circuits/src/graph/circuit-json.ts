/** @file The JSON form of a circuit, and the check that something read from a file is one. */

import * as v from "valibot";
import { exactly, fields, finite, index, list, named, oneOf, readAs, text } from "../schema/schema";
import type { CircuitPosition } from "./positions";
import { type GraphShape, shapeSchema } from "./shape";

/** How a circuit was chosen by scores, so that the same can be done again. */
export interface FoundBy {
  /** Method of the scores, such as `eap-ig-inputs`, and its options. */
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly choice: "top" | "greedy" | "threshold";
  /** How many elements were asked for, or the least score. */
  readonly of: number;
  readonly by: "absolute" | "signed";
}

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
  /** How it was found, where a method of this library found it. */
  readonly found?: FoundBy;
  /** Names, or a name with positions. */
  readonly elements: readonly (
    | string
    | { readonly name: string; readonly at: readonly CircuitPosition[] }
  )[];
}

/** An index, or a name that is not empty. */
const position = v.lazy((value) =>
  typeof value === "string" ? v.pipe(text, v.nonEmpty("an index or a name")) : index,
);

const element = v.lazy((value) =>
  typeof value === "string"
    ? text
    : fields({ name: text, at: v.pipe(list(position), v.nonEmpty("at least one position")) }),
);

const circuitSchema = fields({
  kind: exactly("diopter/circuit"),
  schema: exactly(1),
  name: text,
  version: text,
  source: v.optional(text),
  component: oneOf("edge", "node"),
  shape: shapeSchema,
  derivation: list(text),
  found: v.optional(
    fields({
      method: text,
      options: named(v.unknown()),
      choice: oneOf("top", "greedy", "threshold"),
      of: finite,
      by: oneOf("absolute", "signed"),
    }),
  ),
  elements: list(element),
});

/**
 * The value as `CircuitJSON`. Element names are checked by the circuit itself.
 *
 * Throws `TypeError` and `RangeError` for a value of another form, naming the field.
 */
export function parseCircuitJSON(json: unknown): CircuitJSON {
  return readAs(circuitSchema, json, "circuit JSON") as CircuitJSON;
}
