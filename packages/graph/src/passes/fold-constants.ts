/** @file Computes once what does not depend on inputs. */

import { checkOptions } from "@diopter/tensor";
import { bitsOf, isComputed } from "../graph/element-types";
import type { Graph, Initializer, Node, ValueInfo } from "../graph/types";
import { evaluate } from "../interpret/evaluate";
import { inferShapes } from "../interpret/infer-shapes";
import { rowOf } from "../ops/index";
import { prune } from "./prune";

export interface FoldOptions {
  /** Largest result that may become an initializer, in bytes; 1 MiB unless said. */
  readonly maxBytes?: number;
}

/**
 * A graph in which nodes that read only constants are replaced by initializers of their outputs.
 *
 * Nodes stay that Diopter does not compute (unknown ops, subgraphs, element types that it only carries), whose result
 * is larger than `maxBytes` or of unknown size, or that make a graph output. Inputs are no constants, even those with a default.
 *
 * @example
 * foldConstants(decode(bytes)); // the Shape, Gather, Concat chains of exporters, where their inputs are fixed
 */
export function foldConstants(graph: Graph, options: FoldOptions = {}): Graph {
  checkOptions("foldConstants", options, { maxBytes: "optional" });
  const { maxBytes = 2 ** 20 } = options;
  const given = new Set(graph.inputs.map(({ name }) => name));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const constants = new Map([...graph.initializers].filter(([name]) => !given.has(name)));
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.filter((node) => {
    if (node.outputs.some((name) => outputs.has(name))) return true;
    const results = computed(node, constants, graph.opsets, maxBytes);
    if (results === undefined) return true;
    for (const [name, tensor] of results) {
      constants.set(name, tensor);
      initializers.set(name, tensor);
    }
    return false;
  });
  if (nodes.length === graph.nodes.length) return graph;
  const values = new Map(
    [...graph.values].filter(([name]) => !initializers.has(name) || given.has(name)),
  );
  return prune({ ...graph, nodes, initializers, values }, undefined, { keepInputs: true });
}

/** What a node makes of constants, or undefined where it has to stay. */
function computed(
  node: Node,
  constants: ReadonlyMap<string, Initializer>,
  opsets: Graph["opsets"],
  maxBytes: number,
): [string, Initializer][] | undefined {
  if (rowOf(node.op, node.domain, opsets[""] ?? 20) === undefined) return undefined;
  const read = new Set(node.inputs.filter((name) => name !== ""));
  const initializers = new Map<string, Initializer>();
  for (const name of read) {
    const tensor = constants.get(name);
    if (tensor === undefined || !("data" in tensor)) return undefined;
    initializers.set(name, tensor);
  }
  const names = node.outputs.filter((name) => name !== "");
  const outputs: ValueInfo[] = names.map((name) => ({
    name,
    dtype: "undefined",
    shape: undefined,
  }));
  const alone: Graph = {
    name: "constant",
    inputs: [],
    outputs,
    nodes: [node],
    initializers,
    values: new Map(),
    opsets,
  };
  const inferred = inferShapes(alone).values;
  if (names.some((name) => !isSmall(inferred.get(name), maxBytes))) return undefined;
  return Object.entries(evaluate(alone, {}, { precision: "declared" }));
}

/** Decided before anything is computed, since a few constants can ask for a result of any size. */
function isSmall(info: ValueInfo | undefined, maxBytes: number): boolean {
  if (info?.shape === undefined) return false;
  if (!isComputed(info.dtype)) return false;
  let bits = bitsOf(info.dtype);
  for (const dim of info.shape) {
    if (typeof dim !== "number") return false;
    bits *= dim;
  }
  return bits <= 8 * maxBytes;
}
