/** @file Initializers as TensorProto messages, their bytes apart so that large ones are copied once. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from "onnx-buf";
import { codeOf } from "../graph/element-types";
import { filled } from "../graph/extra";
import type { Initializer } from "../graph/types";

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
