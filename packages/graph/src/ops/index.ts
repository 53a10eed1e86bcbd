/** @file The table: one row per op. */

import * as activation from "./activation";
import * as arrange from "./arrange";
import * as compare from "./compare";
import * as create from "./create";
import { Einsum } from "./einsum";
import * as elementwise from "./elementwise";
import * as extremes from "./extremes";
import * as gather from "./gather";
import * as join from "./join";
import * as mask from "./mask";
import { Gemm, MatMul } from "./matmul";
import * as measure from "./measure";
import { LayerNormalization, RMSNormalization } from "./normalize";
import * as reduce from "./reduce";
import * as reshape from "./reshape";
import type { Op } from "./row";
import * as scatter from "./scatter";
import { Pad, Slice } from "./slice";
import { LogSoftmax, Softmax } from "./softmax";

/** Every module exports its rows under their ONNX names, beside functions in lower case. */
function rowsOf(module: Readonly<Record<string, unknown>>): Record<string, Op> {
  const rows = Object.entries(module).filter(([name]) => /^[A-Z]/.test(name));
  return Object.fromEntries(rows) as Record<string, Op>;
}

/** Shape rule and reference evaluation of every op of ONNX's standard domain that Diopter knows. */
export const ops: Readonly<Record<string, Op>> = {
  ...rowsOf(activation),
  ...rowsOf(arrange),
  ...rowsOf(compare),
  ...rowsOf(create),
  ...rowsOf(elementwise),
  ...rowsOf(extremes),
  ...rowsOf(gather),
  ...rowsOf(join),
  ...rowsOf(mask),
  ...rowsOf(measure),
  ...rowsOf(reduce),
  ...rowsOf(reshape),
  ...rowsOf(scatter),
  Einsum,
  Gemm,
  LayerNormalization,
  LogSoftmax,
  MatMul,
  Pad,
  RMSNormalization,
  Slice,
  Softmax,
};

/** The row of an op, if its domain is the standard one and the table has it for this operator set. */
export function rowOf(op: string, domain: string, opset: number): Op | undefined {
  if (domain !== "" && domain !== "ai.onnx") return undefined;
  const row = Object.hasOwn(ops, op) ? ops[op]! : undefined;
  return row !== undefined && row.since <= opset ? row : undefined;
}
