/** @file The table: one row per op. */

import * as create from "./create";
import * as elementwise from "./elementwise";
import * as indexing from "./indexing";
import * as movement from "./movement";
import * as products from "./products";
import * as reduce from "./reduce";
import type { Op } from "./row";

/** Every module exports its rows under their ONNX names, beside functions and constants in lower case. */
function rowsOf(module: Readonly<Record<string, unknown>>): Record<string, Op> {
  const rows = Object.entries(module).filter(([name]) => /^[A-Z]/.test(name));
  return Object.fromEntries(rows) as Record<string, Op>;
}

/** Shape rule and reference evaluation of every op of ONNX's standard domain that Diopter knows. */
export const ops: Readonly<Record<string, Op>> = {
  ...rowsOf(create),
  ...rowsOf(elementwise),
  ...rowsOf(indexing),
  ...rowsOf(movement),
  ...rowsOf(products),
  ...rowsOf(reduce),
};

/** The row of an op, if its domain is the standard one and the table has it for this operator set. */
export function rowOf(op: string, domain: string, opset: number): Op | undefined {
  if (domain !== "" && domain !== "ai.onnx") return undefined;
  const row = Object.hasOwn(ops, op) ? ops[op]! : undefined;
  return row !== undefined && row.since <= opset ? row : undefined;
}
