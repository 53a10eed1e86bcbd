/** @file Which values a node reads, those that its subgraphs take from outside included. */

import { sparseNames } from "./extra";
import type { Graph, Node } from "./types";

/** Names that a node reads, without absent inputs; a name that it reads twice comes twice. */
export function readsOf(node: Node): string[] {
  const names = node.inputs.filter((name) => name !== "");
  for (const attribute of Object.values(node.attrs)) {
    if (attribute.type === "graph") names.push(...capturesOf(attribute.value));
  }
  return names;
}

/** Names that a subgraph takes from the graphs around it. */
export function capturesOf(graph: Graph): Set<string> {
  const own = definedIn(graph);
  const captured = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of readsOf(node)) if (!own.has(name)) captured.add(name);
  }
  for (const { name } of graph.outputs) if (!own.has(name)) captured.add(name);
  return captured;
}

/** Names of all values that a graph itself holds: inputs, initializers, outputs of nodes. */
export function definedIn(graph: Graph): Set<string> {
  const names = new Set([...graph.initializers.keys(), ...sparseNames(graph)]);
  for (const { name } of graph.inputs) names.add(name);
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== "") names.add(name);
  return names;
}
