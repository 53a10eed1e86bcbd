/** @file The JSON form of a circuit, and the check that something read from a file is one. */

import * as v from "valibot";
import { exactly, fields, index, list, oneOf, readAs, text } from "../schema/schema";
import type { CircuitPosition } from "./positions";
import { type GraphShape, shapeSchema } from "./shape";

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
