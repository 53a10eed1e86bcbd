/** @file Writes a graph as an ONNX file (onnx.proto3, by onnx-buf); large initializers are copied once. */

import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "onnx-buf";
import { graphExtra } from "../graph/extra";
import type { Graph, Initializer, ValueInfo } from "../graph/types";
import { graphMessage } from "./write-graph";
import { tensorParts } from "./write-tensor";

export interface EncodeOptions {
  /** "inputs": every initializer becomes a graph input of the same name and its numbers stay out of the file. */
  readonly weightsAs?: "inputs" | "initializers";
}

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

/** Protocol buffers cannot be larger. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Encodes a graph as the bytes of an ONNX file.
 *
 * @throws RangeError when the file would exceed 2 GiB or an attribute declared as integer is none.
 * @example
 * await ort.InferenceSession.create(encode(graph));
 */
export function encode(graph: Graph, options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const asInputs = options.weightsAs === "inputs";
  const inputs = asInputs ? withWeights(graph) : graph.inputs;
  const body: Uint8Array[] = [toBinary(GraphProtoSchema, graphMessage(graph, inputs))];
  if (!asInputs) {
    const kept = graphExtra(graph)?.initializers;
    for (const [name, tensor] of graph.initializers) {
      body.push(...initializerChunks(name, tensor, kept?.get(name)));
    }
  }
  return joined([modelHead(graph), frame(MODEL_GRAPH, byteLength(body)), ...body]);
}

function withWeights(graph: Graph): readonly ValueInfo[] {
  const names = new Set(graph.inputs.map((input) => input.name));
  const weights: ValueInfo[] = [];
  for (const [name, { dtype, shape }] of graph.initializers) {
    if (!names.has(name)) weights.push({ name, dtype, shape });
  }
  return [...graph.inputs, ...weights];
}

function initializerChunks(
  name: string,
  tensor: Initializer,
  kept: TensorProto | undefined,
): Uint8Array[] {
  const { header, bytes } = tensorParts(name, tensor, kept);
  const chunks: Uint8Array[] = [toBinary(TensorProtoSchema, header)];
  if (bytes !== undefined) chunks.push(frame(TENSOR_RAW_DATA, bytes.byteLength), bytes);
  return [frame(GRAPH_INITIALIZER, byteLength(chunks)), ...chunks];
}

/** Everything of the model but the graph. */
function modelHead(graph: Graph): Uint8Array {
  const message = create(ModelProtoSchema);
  const kept = graphExtra(graph)?.model;
  if (kept !== undefined) Object.assign(message, kept);
  else message.irVersion = BigInt(irVersionOf(graph.opsets[""] ?? 0));
  message.opsetImport = Object.entries(graph.opsets).map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  );
  return toBinary(ModelProtoSchema, message);
}

/** The IR version that was current with an opset (table of onnx.helper); older opsets may use a later IR. */
export function irVersionOf(opset: number): number {
  if (opset <= 20) return 9;
  if (opset <= 22) return 10;
  return opset === 23 ? 11 : 12;
}

function frame(field: number, length: number): Uint8Array {
  if (length > MOST_BYTES) {
    throw new RangeError(
      `encode: the file would hold ${length} bytes, protocol buffers end at ${MOST_BYTES}; ` +
        'give the weights at run time (weightsAs: "inputs")',
    );
  }
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}

function byteLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, chunk) => total + chunk.byteLength, 0);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(byteLength(chunks));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.byteLength;
  }
  return result;
}
