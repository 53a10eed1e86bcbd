/** @file ValueInfoProto messages as named values; types that are no tensors are kept as `extra`. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type TensorShapeProto_Dimension,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { filled, type ValueExtra } from "../graph/extra";
import type { Dim, ValueInfo } from "../graph/types";
import { elementType } from "./read-tensor";

/** Reads a declaration; a value whose type is no tensor has dtype "undefined". */
export function readValue(proto: ValueInfoProto): ValueInfo {
  const { name } = proto;
  const type = proto.type?.value;
  const tensor = type?.case === "tensorType" ? type.value : undefined;
  const dtype = elementType(tensor?.elemType ?? 0, `value "${name}"`);
  const shape = tensor?.shape?.dim.map((dim) => readDim(dim, name));
  const extra = extraOf(proto);
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

function extraOf(proto: ValueInfoProto): ValueExtra | undefined {
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
