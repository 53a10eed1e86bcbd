/** @file The messages of onnx.proto as a graph; whatever `Graph` has no field for is kept as `extra`. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type TensorShapeProto_Dimension,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { filled, type GraphExtra, type ValueExtra } from "../graph/extra";
import type { Attribute, Dim, Graph, Initializer, Node, ValueInfo } from "../graph/types";
import { readAttribute } from "./read-attribute";
import { elementType, readTensor } from "./read-tensor";

/** Synonyms of the standard domain. */
export function domainOf(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** Reads a graph, and the graphs within it, which share its opsets. */
export function readGraph(proto: GraphProto, opsets: Graph["opsets"]): Graph {
  const inputs = proto.input.map(readValue);
  const outputs = proto.output.map(readValue);
  const values = new Map<string, ValueInfo>();
  // Of two descriptions ONNX Runtime believes the later, and what inputs and outputs declare.
  for (const value of [...proto.valueInfo.map(readValue), ...outputs, ...inputs]) {
    values.set(value.name, value);
  }
  const initializers = new Map<string, Initializer>();
  for (const tensor of proto.initializer) {
    const subject = `initializer "${tensor.name}"`;
    if (initializers.has(tensor.name)) throw new RangeError(`onnx: ${subject} is there twice`);
    initializers.set(tensor.name, readTensor(tensor, subject));
  }
  const nodes = proto.node.map((node) => readNode(node, opsets));
  const graph = { name: proto.name, inputs, outputs, nodes, initializers, values, opsets };
  const extra = extraOf(proto);
  return extra === undefined ? graph : { ...graph, extra };
}

function readNode(proto: NodeProto, opsets: Graph["opsets"]): Node {
  const attrs: [string, Attribute][] = [];
  const seen = new Set<string>();
  const readSubgraph = (graph: GraphProto) => readGraph(graph, opsets);
  for (const attribute of proto.attribute) {
    if (seen.has(attribute.name)) {
      throw new RangeError(`onnx: ${labelOf(proto)} has attribute "${attribute.name}" twice`);
    }
    seen.add(attribute.name);
    attrs.push([attribute.name, readAttribute(attribute, labelOf(proto), readSubgraph)]);
  }
  const node: Node = {
    op: proto.opType,
    domain: domainOf(proto.domain),
    ...(proto.name === "" ? {} : { name: proto.name }),
    inputs: proto.input,
    outputs: proto.output,
    attrs: Object.fromEntries(attrs),
  };
  const rest = create(
    NodeProtoSchema,
    filled({
      overload: proto.overload,
      docString: proto.docString,
      metadataProps: proto.metadataProps,
      deviceConfigurations: proto.deviceConfigurations,
      attribute: restOfAttributes(proto.attribute),
    }),
  );
  if (proto.$unknown !== undefined) rest.$unknown = proto.$unknown;
  if (toBinary(NodeProtoSchema, rest).length === 0) return node;
  return { ...node, extra: { kind: "onnx", node: rest } };
}

function labelOf(node: NodeProto): string {
  return `${node.opType} "${node.name || (node.output[0] ?? "")}"`;
}

/** Documentation of attributes, and what else the tensors in them hold. */
function restOfAttributes(attributes: readonly AttributeProto[]): AttributeProto[] {
  const rest: AttributeProto[] = [];
  for (const { name, docString, t } of attributes) {
    const tensor = t === undefined ? undefined : restOfTensor(t, t.name);
    if (docString === "" && tensor === undefined) continue;
    const message = create(AttributeProtoSchema, filled({ name, docString }));
    if (tensor !== undefined) message.t = tensor;
    rest.push(message);
  }
  return rest;
}

const READ_EXTERNAL = ["location", "offset", "length"];

function restOfTensor(proto: TensorProto, name: string): TensorProto | undefined {
  const rest = create(
    TensorProtoSchema,
    filled({
      name,
      docString: proto.docString,
      metadataProps: proto.metadataProps,
      externalData: proto.externalData.filter(({ key }) => !READ_EXTERNAL.includes(key)),
    }),
  );
  if (proto.$unknown !== undefined) rest.$unknown = proto.$unknown;
  return toBinary(TensorProtoSchema, rest).length === 0 ? undefined : rest;
}

function extraOf(proto: GraphProto): GraphExtra | undefined {
  const initializers = new Map<string, TensorProto>();
  for (const tensor of proto.initializer) {
    const rest = restOfTensor(tensor, "");
    if (rest !== undefined) initializers.set(tensor.name, rest);
  }
  const graph = create(
    GraphProtoSchema,
    filled({
      docString: proto.docString,
      sparseInitializer: proto.sparseInitializer,
      quantizationAnnotation: proto.quantizationAnnotation,
      metadataProps: proto.metadataProps,
    }),
  );
  if (proto.$unknown !== undefined) graph.$unknown = proto.$unknown;
  const hasGraph = toBinary(GraphProtoSchema, graph).length > 0;
  if (!hasGraph && initializers.size === 0) return undefined;
  return {
    kind: "onnx",
    ...(hasGraph ? { graph } : {}),
    ...(initializers.size > 0 ? { initializers } : {}),
  };
}

/** Reads a declaration; a value whose type is no tensor has dtype "undefined". */
function readValue(proto: ValueInfoProto): ValueInfo {
  const { name } = proto;
  const type = proto.type?.value;
  const tensor = type?.case === "tensorType" ? type.value : undefined;
  const dtype = elementType(tensor?.elemType ?? 0, `value "${name}"`);
  const shape = tensor?.shape?.dim.map((dim) => readDim(dim, name));
  const extra = valueExtraOf(proto);
  return { name, dtype, shape, ...(extra === undefined ? {} : { extra }) };
}

/** Negative dimensions stand for unknown ones in old files, and ONNX Runtime reads them so. */
function readDim(dim: TensorShapeProto_Dimension, name: string): Dim {
  if (dim.value.case === "dimParam") return dim.value.value === "" ? null : dim.value.value;
  if (dim.value.case === undefined || dim.value.value < 0n) return null;
  const size = Number(dim.value.value);
  if (Number.isSafeInteger(size)) return size;
  throw new RangeError(`onnx: value "${name}" has an impossible dimension: ${dim.value.value}`);
}

function valueExtraOf(proto: ValueInfoProto): ValueExtra | undefined {
  const { docString, metadataProps, type } = proto;
  const rest = create(ValueInfoProtoSchema, filled({ docString, metadataProps }));
  if (proto.$unknown !== undefined) rest.$unknown = proto.$unknown;
  if (type !== undefined && type.value.case !== "tensorType") rest.type = type;
  else if (type !== undefined && type.denotation !== "") {
    rest.type = create(TypeProtoSchema, { denotation: type.denotation });
  }
  if (toBinary(ValueInfoProtoSchema, rest).length === 0) return undefined;
  return { kind: "onnx", value: rest };
}
