/** @file Makes a node read other values, also where graphs within it do. */

import type { Attribute, Graph, Node } from "../graph/types";
import { capturesOf, definedIn } from "../graph/uses";

/**
 * The node reading `names.get(name)` where it read `name`; graphs within it follow, their own values keep their names.
 *
 * @throws RangeError beginning with `subject` where a graph within has a value of the new name.
 */
export function redirect(node: Node, names: ReadonlyMap<string, string>, subject: string): Node {
  const inputs = node.inputs.map((name) => names.get(name) ?? name);
  if (!Object.values(node.attrs).some(({ type }) => type === "graph")) return { ...node, inputs };
  const entries = Object.entries(node.attrs).map(([key, attribute]): [string, Attribute] => [
    key,
    attribute.type === "graph"
      ? { ...attribute, value: redirectWithin(attribute.value, names, subject) }
      : attribute,
  ]);
  return { ...node, inputs, attrs: Object.fromEntries(entries) };
}

function redirectWithin(graph: Graph, outer: ReadonlyMap<string, string>, subject: string): Graph {
  const own = definedIn(graph);
  const names = new Map<string, string>();
  for (const name of capturesOf(graph)) {
    const next = outer.get(name);
    if (next === undefined) continue;
    if (own.has(next)) {
      throw new RangeError(
        `${subject}: "${name}" would be "${next}", which a subgraph has already`,
      );
    }
    names.set(name, next);
  }
  const outputs = graph.outputs.map((value) => ({
    ...value,
    name: names.get(value.name) ?? value.name,
  }));
  return { ...graph, outputs, nodes: graph.nodes.map((node) => redirect(node, names, subject)) };
}
