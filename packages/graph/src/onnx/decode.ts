/** @file Reads any ONNX file as a graph: ops and fields that Diopter does not know are kept, not understood. */

import { clearField, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { filled, type GraphExtra, graphExtra } from "../graph/extra";
import { ordered } from "../graph/order";
import type { Graph } from "../graph/types";
import { irVersionOf } from "./encode";
import { domainOf, readGraph } from "./read-graph";
import { MOST_NESTED, scan } from "./scan";

/**
 * Decodes the bytes of an ONNX file.
 *
 * Initializers are views of `bytes` where alignment allows, so the bytes must not change afterwards.
 * External data is recorded, never opened. Nodes come in execution order even where the file has them otherwise.
 *
 * @throws TypeError when `bytes` is no byte array; RangeError, beginning `onnx:`, when it is no valid ONNX file.
 * @example
 * const graph = decode(await readFile("model.onnx"));
 */
export function decode(bytes: Uint8Array): Graph {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`onnx: expected the bytes of a file as Uint8Array, got ${kindOf(bytes)}`);
  }
  // A plain view: slices of a Node Buffer would be Buffers again.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  scan(plain);
  const model = fromBinary(ModelProtoSchema, plain, { recursionLimit: MOST_NESTED });
  if (model.graph === undefined) throw new RangeError("onnx: the file holds no graph");
  // Of entries and not by assignment, which a domain "__proto__" would mislead.
  const opsets = Object.fromEntries(
    model.opsetImport.map(({ domain, version }) => [domainOf(domain), Number(version)]),
  );
  const graph = ordered(readGraph(model.graph, opsets));
  const kept = restOf(model, opsets);
  if (kept === undefined) return graph;
  const extra: GraphExtra = { ...graphExtra(graph), kind: "onnx", model: kept };
  return { ...graph, extra };
}

/** What the model holds beside graph and opsets, unless that is what `encode` would write anyway. */
function restOf(model: ModelProto, opsets: Graph["opsets"]): ModelProto | undefined {
  const rest = Object.assign(create(ModelProtoSchema), filled(model));
  const { irVersion } = model;
  clearField(rest, ModelProtoSchema.field.graph);
  clearField(rest, ModelProtoSchema.field.irVersion);
  rest.opsetImport = [];
  const plain = irVersion === BigInt(irVersionOf(opsets[""] ?? 0));
  if (plain && toBinary(ModelProtoSchema, rest).length === 0) return undefined;
  rest.irVersion = irVersion;
  return rest;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}
