/** @file Computes a graph in JavaScript: the reference that runtimes are compared with. */

import {
  cast,
  checkOptions,
  didYouMean,
  fromData,
  type Tensor,
  type TensorLike,
} from "@diopter/tensor";
import { compatible, showShape } from "../graph/dim";
import type { Graph, Initializer, Node, ValueInfo } from "../graph/types";
import { rowOf } from "../ops/index";
import { type Arguments, type EvaluateContext, plain } from "../ops/row";
import { isFloat } from "../ops/rules";

export interface EvaluateOptions {
  /** "float64" (unless said): every float is float64, whatever the graph declares; "declared": as the graph says. */
  readonly precision?: "float64" | "declared";
  /** Names of the values to return; the outputs of the graph unless said. */
  readonly outputs?: readonly string[];
  /** Called with every value as it is computed. */
  readonly trace?: (name: string, tensor: Tensor) => void;
}

/**
 * The outputs of a graph for given inputs, by the rows of the op table.
 *
 * Throws a RangeError for a missing or misshapen input and for an op without a row, a TypeError for a wrong dtype.
 *
 * ```ts
 * evaluate(graph, { x: tensor([1, 2, 3]) }).y
 * ```
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, TensorLike>>,
  options: EvaluateOptions = {},
): Record<string, Tensor> {
  checkOptions("evaluate", options, {
    precision: "optional",
    outputs: "optional",
    trace: "optional",
  });
  const { precision = "float64", outputs, trace } = options;
  const wanted = outputs ?? graph.outputs.map((output) => output.name);
  const values = new Map<string, Tensor>();
  const keep = (name: string, tensor: Tensor) => {
    values.set(name, tensor);
    trace?.(name, tensor);
  };
  const { nodes, uses } = needed(graph, wanted);
  readInputs(graph, feeds, precision, uses, keep);
  for (const node of nodes) {
    const made = evaluateNode(node, values, graph.opsets[""] ?? 20, precision);
    node.outputs.forEach((name, i) => {
      if (name !== "" && made[i] !== undefined) keep(name, made[i]);
    });
    // Freed after the last use, so that memory stays that of the widest cut.
    for (const name of node.inputs) {
      const left = (uses.get(name) ?? 0) - 1;
      uses.set(name, left);
      if (left <= 0) values.delete(name);
    }
    for (const name of node.outputs) if (!uses.get(name)) values.delete(name);
  }
  return Object.fromEntries(wanted.map((name) => [name, resultOf(graph, values, name)]));
}

function resultOf(graph: Graph, values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = values.get(name);
  if (found !== undefined) return found;
  const names = [...graph.values.keys(), ...graph.outputs.map((output) => output.name)];
  throw new RangeError(`evaluate: no value "${name}"${didYouMean(name, names)}`);
}

/** The nodes that the wanted values need, and how often each value is read. */
function needed(
  graph: Graph,
  wanted: readonly string[],
): { nodes: Node[]; uses: Map<string, number> } {
  const uses = new Map<string, number>();
  const use = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  wanted.forEach(use);
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => uses.has(name))) return false;
    node.inputs.forEach(use);
    return true;
  });
  return { nodes: nodes.reverse(), uses };
}

function readInputs(
  graph: Graph,
  feeds: Readonly<Record<string, TensorLike>>,
  precision: "float64" | "declared",
  uses: ReadonlyMap<string, number>,
  keep: (name: string, tensor: Tensor) => void,
): void {
  const names = graph.inputs.map((input) => input.name);
  for (const name of Object.keys(feeds)) {
    if (!names.includes(name)) {
      throw new RangeError(`evaluate: no input "${name}"${didYouMean(name, names)}`);
    }
  }
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) {
    const fed = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    if (fed !== undefined) {
      checkFeed(input, fed, symbols);
      keep(input.name, ready(fed, precision));
    } else if (uses.has(input.name) && !graph.initializers.has(input.name)) {
      throw new RangeError(`evaluate: input "${input.name}" is missing`);
    }
  }
  for (const [name, initializer] of graph.initializers) {
    if (!uses.has(name) || Object.hasOwn(feeds, name)) continue;
    keep(name, ready(computable(name, initializer), precision));
  }
}

function checkFeed(input: ValueInfo, fed: TensorLike, symbols: Map<string, number>): void {
  const known = isFloat(input.dtype) ? isFloat(fed.dtype) : input.dtype === fed.dtype;
  if (!known && input.dtype !== "undefined") {
    throw new TypeError(`evaluate: input "${input.name}" is ${fed.dtype}, expected ${input.dtype}`);
  }
  const shape = input.shape?.map((dim) =>
    typeof dim === "string" ? (symbols.get(dim) ?? null) : dim,
  );
  const fits =
    shape === undefined ||
    (shape.length === fed.shape.length && shape.every((dim, i) => compatible(dim, fed.shape[i]!)));
  if (!fits) {
    throw new RangeError(
      `evaluate: input "${input.name}" is ${showShape(fed.shape)}, expected ${showShape(input.shape!)}${where(input, symbols)}`,
    );
  }
  input.shape?.forEach((dim, i) => {
    if (typeof dim === "string") symbols.set(dim, fed.shape[i]!);
  });
}

/** Which symbols of an input earlier inputs have bound. */
function where({ shape }: ValueInfo, symbols: ReadonlyMap<string, number>): string {
  const bound = shape!.filter((dim) => typeof dim === "string" && symbols.has(dim)) as string[];
  return bound
    .map((dim, i) => `${i === 0 ? ", where" : " and"} ${dim} is ${symbols.get(dim)}`)
    .join("");
}

function computable(name: string, initializer: Initializer): TensorLike {
  if ("data" in initializer) return initializer;
  throw new TypeError(
    `evaluate: initializer "${name}" is ${initializer.dtype}, which is carried, not computed with`,
  );
}

function ready(x: TensorLike, precision: "float64" | "declared"): Tensor {
  if (precision === "float64" && isFloat(x.dtype)) return cast(x, "float64");
  return fromData(x.data, x.shape, x.dtype) as Tensor;
}

function evaluateNode(
  node: Node,
  values: ReadonlyMap<string, Tensor>,
  opset: number,
  precision: "float64" | "declared",
): readonly (Tensor | undefined)[] {
  const row = rowOf(node.op, node.domain, opset);
  const label = node.outputs.find((name) => name !== "");
  if (row === undefined) {
    throw new RangeError(
      `evaluate: op "${node.op}" (value "${label}") is not in the table of operator set ${opset}`,
    );
  }
  const inputs = node.inputs.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (value === undefined)
      throw new RangeError(
        `evaluate: ${node.op} (value "${label}") reads "${name}", which nothing makes`,
      );
    return value;
  });
  const context: EvaluateContext = { op: node.op, outputs: node.outputs.length, opset, precision };
  const made = row.evaluate(
    inputs as unknown as Arguments<Tensor>,
    plain(row, node.attrs),
    context,
  );
  if (precision === "declared") return made;
  return made.map((tensor) => tensor && ready(tensor, precision));
}
