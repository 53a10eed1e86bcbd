/** @file What a decoded file holds beyond the fields of `Graph`, kept for `encode` and never understood. */

import { clone } from "@bufbuild/protobuf";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import type { Graph, Node, ValueInfo } from "./types";

/** Of a graph or of one of its subgraphs; a subgraph has no `model`. */
export interface GraphExtra {
  readonly kind: "onnx";
  /** The model without its graph and opsets: IR version, producer, functions, metadata, training. */
  readonly model?: ModelProto;
  /** The graph without nodes, values and initializers: documentation, sparse initializers, quantization. */
  readonly graph?: GraphProto;
  /** Per initializer that has them, documentation and metadata. */
  readonly initializers?: ReadonlyMap<string, TensorProto>;
}

/** Of a node: its overload, documentation, metadata and devices; attributes with documentation only. */
export interface NodeExtra {
  readonly kind: "onnx";
  readonly node: NodeProto;
}

/** Of a value: a type that is no tensor, documentation, denotation. */
export interface ValueExtra {
  readonly kind: "onnx";
  readonly value: ValueInfoProto;
}

export function graphExtra(graph: Graph): GraphExtra | undefined {
  return isExtra(graph.extra) ? (graph.extra as GraphExtra) : undefined;
}

export function nodeExtra(node: Node): NodeExtra | undefined {
  return isExtra(node.extra) ? (node.extra as NodeExtra) : undefined;
}

export function valueExtra(value: ValueInfo): ValueExtra | undefined {
  return isExtra(value.extra) ? (value.extra as ValueExtra) : undefined;
}

/** Without empty texts: onnx.proto tells absent from empty, which means the same. */
export function filled<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")) as T;
}

/** Names of the values that a graph's sparse initializers define. */
export function sparseNames(graph: Graph): string[] {
  const sparse = graphExtra(graph)?.graph?.sparseInitializer ?? [];
  return sparse.map((tensor) => tensor.values?.name ?? "");
}

/** The `extra` of a graph whose values are renamed by `to`. */
export function renamedExtra(graph: Graph, to: (name: string) => string): unknown {
  const extra = graphExtra(graph);
  if (extra === undefined) return graph.extra;
  const { graph: kept, initializers } = extra;
  const renamed: GraphExtra = {
    ...extra,
    ...(kept === undefined ? {} : { graph: renamedProto(kept, to) }),
    ...(initializers === undefined
      ? {}
      : { initializers: new Map([...initializers].map(([name, tensor]) => [to(name), tensor])) }),
  };
  return renamed;
}

function renamedProto(proto: GraphProto, to: (name: string) => string): GraphProto {
  const result = clone(GraphProtoSchema, proto);
  for (const { values } of result.sparseInitializer) {
    if (values !== undefined) values.name = to(values.name);
  }
  for (const annotation of result.quantizationAnnotation) {
    annotation.tensorName = to(annotation.tensorName);
    // Scales and zero points are named as initializers.
    for (const entry of annotation.quantParameterTensorNames) entry.value = to(entry.value);
  }
  return result;
}

function isExtra(extra: unknown): boolean {
  return typeof extra === "object" && extra !== null && "kind" in extra && extra.kind === "onnx";
}
