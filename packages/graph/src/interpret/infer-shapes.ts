/** @file Dtype and shape of what one node makes, and of every value of a graph. */

import {
  type Attribute,
  type Dim,
  type Graph,
  Handle,
  type Node,
  UnknownRankError,
  type ValueInfo,
} from "../graph/types";
import { dataOf } from "../ops/create";
import { rowOf } from "../ops/index";
import { type Arguments, type Inferred, type Operand, plain } from "../ops/row";

/**
 * Fills in `values` from the shape rules of the ops; what an op that is not in the table makes keeps what was declared.
 *
 * Throws a RangeError or TypeError naming op, values and shapes where the graph contradicts itself.
 */
export function inferShapes(graph: Graph): Graph {
  const known = new Map<string, Operand>();
  const values = new Map<string, ValueInfo>();
  const declared = declaredOf(graph);
  for (const [name, tensor] of graph.initializers) {
    const data = "data" in tensor ? dataOf(tensor) : undefined;
    known.set(name, new Handle(name, tensor.dtype, tensor.shape, data));
  }
  for (const info of graph.inputs) {
    known.set(info.name, new Handle(info.name, info.dtype, info.shape));
    values.set(info.name, info);
  }
  for (const node of graph.nodes) {
    const inferred = inferLoosely(node, known, graph.opsets[""] ?? 20);
    node.outputs.forEach((name, i) => {
      if (name === "") return;
      const info = merged(name, inferred?.[i], declared.get(name));
      known.set(name, new Handle(name, info.dtype, info.shape, inferred?.[i]?.data));
      if (info.dtype !== "undefined" || info.shape !== undefined) values.set(name, info);
    });
  }
  const outputs = graph.outputs.map((info) => values.get(info.name) ?? info);
  return { ...graph, values, outputs };
}

function declaredOf(graph: Graph): Map<string, ValueInfo> {
  const declared = new Map(graph.values);
  for (const info of graph.outputs) if (!declared.has(info.name)) declared.set(info.name, info);
  return declared;
}

function inferLoosely(
  node: Node,
  known: ReadonlyMap<string, Operand>,
  opset: number,
): readonly Inferred[] | undefined {
  // A name that is not known belongs to an enclosing graph.
  const inputs = node.inputs.map((name) =>
    name === "" ? undefined : (known.get(name) ?? new Handle(name, "undefined", undefined)),
  );
  while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
  try {
    return inferNode(node, inputs, node.outputs.length, opset);
  } catch (error) {
    if (error instanceof UnknownRankError) return undefined;
    if (!(error instanceof RangeError)) throw error;
    return withoutSymbols(node, inputs, opset, error);
  }
}

/** Exporters give one size two names: without its symbols the node may well be right. */
function withoutSymbols(
  node: Node,
  inputs: readonly (Operand | undefined)[],
  opset: number,
  error: RangeError,
): readonly Inferred[] | undefined {
  const number = (dim: Dim) => (typeof dim === "number" ? dim : null);
  const plain = inputs.map(
    (x) => x && new Handle(x.name, x.dtype, x.shape.map(number), x.data?.map(number)),
  );
  try {
    return inferNode(node, plain, node.outputs.length, opset);
  } catch {
    throw error;
  }
}

/** What is inferred, with the names that the graph declares for dimensions that inference does not know. */
function merged(
  name: string,
  inferred: Inferred | undefined,
  declared: ValueInfo | undefined,
): ValueInfo {
  if (inferred === undefined) {
    return { name, dtype: declared?.dtype ?? "undefined", shape: declared?.shape };
  }
  const fits = declared?.shape?.length === inferred.shape.length;
  const shape = inferred.shape.map((dim, i): Dim => dim ?? (fits ? declared.shape![i]! : null));
  return { name, dtype: inferred.dtype, shape };
}

interface NodeLike {
  readonly op: string;
  readonly domain: string;
  readonly attrs: Readonly<Record<string, Attribute>>;
}

/** What the table says of a node's outputs; undefined for an op that it does not know. */
export function inferNode(
  node: NodeLike,
  inputs: readonly (Operand | undefined)[],
  outputs: number,
  opset: number,
): readonly Inferred[] | undefined {
  const row = rowOf(node.op, node.domain, opset);
  if (row === undefined) return undefined;
  const [least, most] = row.arity;
  const missing = inputs.slice(0, least).some((x) => x === undefined);
  if (inputs.length < least || inputs.length > most || missing) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    const given = inputs.filter((x) => x !== undefined).length;
    throw new RangeError(`${node.op}: expected ${expected} inputs, got ${given}`);
  }
  const context = { op: node.op, outputs, opset };
  return row.infer(inputs as unknown as Arguments<Operand>, plain(row, node.attrs), context);
}
