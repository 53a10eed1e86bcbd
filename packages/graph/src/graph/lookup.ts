/** @file Finds values of a graph by name, and who reads, captures and defines which. */

import { didYouMean } from "@diopter/tensor";
import { sparseNames } from "./extra";
import type { Graph, Node, ValueInfo } from "./types";

/** What is known of a value; throws a RangeError beginning with `subject` when the graph has no such value. */
export function infoOf(graph: Graph, name: string, subject: string): ValueInfo {
  const declared =
    graph.values.get(name) ??
    [...graph.inputs, ...graph.outputs].find((value) => value.name === name);
  const initializer = graph.initializers.get(name);
  if (declared !== undefined) return declared;
  if (initializer !== undefined)
    return { name, dtype: initializer.dtype, shape: initializer.shape };
  const names = definedIn(graph);
  if (names.has(name)) return { name, dtype: "undefined", shape: undefined };
  throw new RangeError(`${subject}: no value "${name}"${didYouMean(name, names)}`);
}

/** A name that is not in `taken`: `stem`, or `stem` with a number; it is added to `taken`. */
export function freshName(stem: string, taken: Set<string>): string {
  let name = stem;
  for (let count = 1; taken.has(name); count++) name = `${stem}_${count}`;
  taken.add(name);
  return name;
}

/** Every name that occurs in a graph or in the graphs within it. */
export function allNames(graph: Graph, names: Set<string> = new Set()): Set<string> {
  for (const name of definedIn(graph)) names.add(name);
  for (const { name } of graph.outputs) names.add(name);
  for (const node of graph.nodes) {
    for (const name of node.inputs) names.add(name);
    for (const attribute of Object.values(node.attrs)) {
      if (attribute.type === "graph") allNames(attribute.value, names);
    }
  }
  return names;
}

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
