/** @file Writes a graph as an ONNX file (onnx.proto3, by onnx-buf); large initializers are copied once. */

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { checkOptions } from "@diopter/tensor";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type TensorShapeProto_Dimension,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { codeOf } from "../graph/element-types";
import { filled, graphExtra, nodeExtra, valueExtra } from "../graph/extra";
import type { Attribute, Dim, Graph, Initializer, Node, ValueInfo } from "../graph/types";

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
  checkOptions("encode", options, { weightsAs: "optional" });
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

type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

/** A TensorProto without its `raw_data`, and that data (a view, little endian). */
export interface TensorParts {
  readonly header: TensorProto;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

export function tensorParts(name: string, tensor: Initializer, kept?: TensorProto): TensorParts {
  const parts = bareParts(name, tensor, kept);
  if (kept?.$unknown !== undefined) parts.header.$unknown = kept.$unknown;
  return parts;
}

function bareParts(name: string, tensor: Initializer, kept: TensorProto | undefined): TensorParts {
  const init: TensorInit = {
    ...documentation(kept),
    ...filled({ name }),
    dims: tensor.shape.map(BigInt),
    dataType: codeOf(tensor.dtype),
  };
  if ("external" in tensor) {
    init.dataLocation = TensorProto_DataLocation.EXTERNAL;
    init.externalData = externalEntries(tensor.external, kept);
    return { header: create(TensorProtoSchema, init), bytes: undefined };
  }
  if ("raw" in tensor && !(tensor.raw instanceof Uint8Array)) {
    init.stringData = tensor.raw as Uint8Array<ArrayBuffer>[];
    return { header: create(TensorProtoSchema, init), bytes: undefined };
  }
  const data = ("raw" in tensor ? tensor.raw : tensor.data) as ArrayBufferView<ArrayBuffer>;
  // Typed arrays are little endian on every platform that JavaScript engines ship for.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { header: create(TensorProtoSchema, init), bytes };
}

/** The whole message, for tensors inside attributes and subgraphs. */
export function tensorMessage(name: string, tensor: Initializer, kept?: TensorProto): TensorProto {
  const { header, bytes } = tensorParts(name, tensor, kept);
  if (bytes !== undefined) header.rawData = bytes;
  return header;
}

function documentation(kept: TensorProto | undefined): TensorInit {
  if (kept === undefined) return {};
  return filled({ docString: kept.docString, metadataProps: kept.metadataProps });
}

type External = Extract<Initializer, { external: unknown }>["external"];

function externalEntries(external: External, kept: TensorProto | undefined) {
  const entries = [{ key: "location", value: external.location }];
  if (external.offset !== 0) entries.push({ key: "offset", value: String(external.offset) });
  if (external.length !== undefined)
    entries.push({ key: "length", value: String(external.length) });
  return [...entries, ...(kept?.externalData ?? [])];
}

const Type = AttributeProto_AttributeType;
const utf8 = /* @__PURE__ */ new TextEncoder();

/** A GraphProto without its initializers. */
export function graphMessage(graph: Graph, inputs: readonly ValueInfo[]): GraphProto {
  const message = create(GraphProtoSchema);
  const kept = graphExtra(graph)?.graph;
  if (kept !== undefined) Object.assign(message, kept);
  message.name = graph.name;
  message.node = graph.nodes.map(nodeMessage);
  message.input = inputs.map(valueMessage);
  message.output = graph.outputs.map(valueMessage);
  message.initializer = [];
  message.valueInfo = [];
  const written = new Set([...inputs, ...graph.outputs].map((value) => value.name));
  for (const value of graph.values.values()) {
    const told = value.dtype !== "undefined" || value.extra !== undefined;
    if (told && !written.has(value.name)) message.valueInfo.push(valueMessage(value));
  }
  return message;
}

function subgraphMessage(graph: Graph): GraphProto {
  const message = graphMessage(graph, graph.inputs);
  const kept = graphExtra(graph)?.initializers;
  for (const [name, tensor] of graph.initializers) {
    message.initializer.push(tensorMessage(name, tensor, kept?.get(name)));
  }
  return message;
}

function nodeMessage(node: Node): NodeProto {
  const message = create(NodeProtoSchema);
  const kept = nodeExtra(node)?.node;
  if (kept !== undefined) Object.assign(message, kept);
  message.opType = node.op;
  if (node.domain !== "") message.domain = node.domain;
  if (node.name !== undefined) message.name = node.name;
  message.input = node.inputs as string[];
  message.output = node.outputs as string[];
  message.attribute = [];
  for (const name of Object.keys(node.attrs)) {
    const rest = kept?.attribute.find((other) => other.name === name);
    message.attribute.push(attributeMessage(node, name, node.attrs[name]!, rest));
  }
  return message;
}

function attributeMessage(
  node: Node,
  name: string,
  attribute: Attribute,
  rest: AttributeProto | undefined,
): AttributeProto {
  if (attribute.type === "raw") return fromBinary(AttributeProtoSchema, attribute.value);
  const message = create(AttributeProtoSchema);
  message.name = name;
  if (rest !== undefined) Object.assign(message, filled({ docString: rest.docString }));
  switch (attribute.type) {
    case "int":
      message.type = Type.INT;
      message.i = integer(node, name, attribute.value);
      break;
    case "ints":
      message.type = Type.INTS;
      message.ints = attribute.value.map((value) => integer(node, name, value));
      break;
    case "float":
      message.type = Type.FLOAT;
      message.f = attribute.value;
      break;
    case "floats":
      message.type = Type.FLOATS;
      message.floats = attribute.value as number[];
      break;
    case "string":
      message.type = Type.STRING;
      message.s = utf8.encode(attribute.value) as Uint8Array<ArrayBuffer>;
      break;
    case "bytes":
      message.type = Type.STRING;
      message.s = attribute.value as Uint8Array<ArrayBuffer>;
      break;
    case "strings":
      message.type = Type.STRINGS;
      message.strings = attribute.value.map((s) => utf8.encode(s) as Uint8Array<ArrayBuffer>);
      break;
    case "tensor":
      message.type = Type.TENSOR;
      message.t = tensorMessage(rest?.t?.name ?? "", attribute.value, rest?.t);
      break;
    case "graph":
      message.type = Type.GRAPH;
      message.g = subgraphMessage(attribute.value);
      break;
  }
  return message;
}

function integer(node: Node, name: string, value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  const where = `attribute "${name}" of ${node.op} "${node.outputs[0] ?? ""}"`;
  throw new RangeError(`encode: ${where} is no integer: ${value}`);
}

function valueMessage(value: ValueInfo): ValueInfoProto {
  const kept = valueExtra(value)?.value;
  const message = create(ValueInfoProtoSchema);
  if (kept !== undefined) Object.assign(message, kept);
  message.name = value.name;
  if (kept?.type?.value.case !== undefined && kept.type.value.case !== "tensorType") return message;
  // ONNX has no tensor type without an element type.
  if (value.dtype === "undefined") return message;
  const tensor = create(TypeProto_TensorSchema);
  tensor.elemType = codeOf(value.dtype);
  if (value.shape !== undefined) {
    tensor.shape = create(TensorShapeProtoSchema);
    tensor.shape.dim = value.shape.map(dimensionMessage);
  }
  message.type = create(TypeProtoSchema);
  if (kept?.type !== undefined) message.type.denotation = kept.type.denotation;
  message.type.value = { case: "tensorType", value: tensor };
  return message;
}

function dimensionMessage(dim: Dim): TensorShapeProto_Dimension {
  const message = create(TensorShapeProto_DimensionSchema);
  if (typeof dim === "number") message.value = { case: "dimValue", value: BigInt(dim) };
  else if (dim !== null) message.value = { case: "dimParam", value: dim };
  return message;
}
