/** @file AttributeProto messages as typed attributes; what is not understood stays as it was encoded. */

import { toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
} from "onnx-buf";
import type { Attribute, Graph } from "../graph/types";
import { readTensor } from "./read-tensor";

/** Significant digits after which every float32 is told apart. */
const FLOAT32_DIGITS = 9;

const Type = AttributeProto_AttributeType;

export function readAttribute(
  proto: AttributeProto,
  node: string,
  readSubgraph: (proto: GraphProto) => Graph,
): Attribute {
  const kept = (): Attribute => ({ type: "raw", value: toBinary(AttributeProtoSchema, proto) });
  const where = `attribute "${proto.name}" of ${node}`;
  if (proto.refAttrName !== "" || proto.$unknown !== undefined) return kept();
  switch (typeOf(proto)) {
    case Type.FLOAT:
      return { type: "float", value: shortFloat(proto.f) };
    case Type.FLOATS:
      return { type: "floats", value: proto.floats.map(shortFloat) };
    case Type.INT:
      return { type: "int", value: integer(proto.i) };
    case Type.INTS:
      return { type: "ints", value: proto.ints.map(integer) };
    case Type.STRING: {
      const value = text(proto.s);
      return value === undefined ? { type: "bytes", value: proto.s } : { type: "string", value };
    }
    case Type.STRINGS: {
      const value = proto.strings.map(text);
      return value.includes(undefined) ? kept() : { type: "strings", value: value as string[] };
    }
    case Type.TENSOR:
      if (proto.t === undefined) throw new RangeError(`onnx: ${where} holds no tensor`);
      return { type: "tensor", value: readTensor(proto.t, where) };
    case Type.GRAPH:
      if (proto.g === undefined) throw new RangeError(`onnx: ${where} holds no graph`);
      return { type: "graph", value: readSubgraph(proto.g) };
    default:
      return kept();
  }
}

/** Files of IR version 1 do not say an attribute's type: the field that is filled does. */
function typeOf(proto: AttributeProto): AttributeProto_AttributeType {
  if (proto.type !== Type.UNDEFINED) return proto.type;
  if (proto.g !== undefined) return Type.GRAPH;
  if (proto.t !== undefined) return Type.TENSOR;
  if (proto.floats.length > 0) return Type.FLOATS;
  if (proto.ints.length > 0) return Type.INTS;
  if (proto.strings.length > 0) return Type.STRINGS;
  if (proto.s.length > 0) return Type.STRING;
  if (proto.f !== 0) return Type.FLOAT;
  const other = proto.sparseTensor ?? proto.tp ?? proto.graphs[0] ?? proto.tensors[0];
  return other === undefined ? Type.INT : Type.UNDEFINED;
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Strings of ONNX are bytes; most are text. */
function text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The shortest decimal that rounds to the same float32: 1e-5 instead of 0.000009999999747378752.
 *
 * ONNX stores attributes as float32, though exporters mean decimals; a graph keeps its meaning both
 * in float64 and when it is written again.
 */
function shortFloat(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < FLOAT32_DIGITS; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
