/** @file Keeps what the outputs need. */

import { checkOptions } from "@diopter/tensor";
import { infoOf, readsOf } from "../graph/lookup";
import type { Graph } from "../graph/types";

export interface PruneOptions {
  /** Whether inputs that nothing reads stay declared. */
  readonly keepInputs?: boolean;
}

/**
 * The part of a graph that its outputs need; nodes, inputs, initializers and values that nothing reads are dropped.
 *
 * @param outputs Names of the values that become the outputs, in this order; those of the graph unless said.
 * @throws RangeError for a name that the graph does not have.
 * @example
 * prune(graph, ["blocks.3.hook_resid_post"]); // stops after block 3
 */
export function prune(
  graph: Graph,
  outputs?: readonly string[],
  options: PruneOptions = {},
): Graph {
  checkOptions("prune", options, { keepInputs: "optional" });
  const { keepInputs = false } = options;
  const wanted = outputs?.map((name) => infoOf(graph, name, "prune")) ?? graph.outputs;
  const needed = new Set(wanted.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of readsOf(node)) needed.add(name);
    return true;
  });
  nodes.reverse();
  for (const node of nodes) for (const name of node.outputs) needed.add(name);
  const inputs = graph.inputs.filter(({ name }) => keepInputs || needed.has(name));
  for (const { name } of inputs) needed.add(name);
  return {
    ...graph,
    nodes,
    inputs,
    outputs: wanted,
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    values: new Map([...graph.values].filter(([name]) => needed.has(name))),
  };
}
