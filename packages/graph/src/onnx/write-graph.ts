/** @file Graphs, nodes, attributes and value descriptions as the messages of onnx.proto. */

import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
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
import type { Attribute, Dim, Graph, Node, ValueInfo } from "../graph/types";
import { tensorMessage } from "./write-tensor";

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
