/** @file Renames values, also where graphs within nodes read them; nodes keep their names. */

import { didYouMean } from "@diopter/tensor";
import { renamedExtra } from "../graph/extra";
import { capturesOf, definedIn } from "../graph/lookup";
import type { Attribute, Graph, Node, ValueInfo } from "../graph/types";

/** New name per old name, or a function from old to new; undefined leaves a name as it is. */
export type Renaming =
  | ReadonlyMap<string, string>
  | Readonly<Record<string, string>>
  | ((name: string) => string | undefined);

/**
 * A graph whose values have other names; subgraphs follow where they read them.
 *
 * @throws RangeError for a name that the graph does not have, an empty new name, or one that two values would share.
 * @example
 * rename(graph, { "/h.0/attn/Softmax_output_0": "blocks.0.attn.hook_pattern" });
 */
export function rename(graph: Graph, renaming: Renaming): Graph {
  const names = renamed(graph, renaming);
  const to = (name: string) => names.get(name) ?? name;
  const info = (value: ValueInfo) => ({ ...value, name: to(value.name) });
  const result: Graph = {
    ...graph,
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
    nodes: graph.nodes.map((node) => renamedNode(node, names)),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [to(name), tensor])),
    values: new Map([...graph.values].map(([name, value]) => [to(name), info(value)])),
  };
  return graph.extra === undefined ? result : { ...result, extra: renamedExtra(graph, to) };
}

/** The names that change, checked. */
function renamed(graph: Graph, renaming: Renaming): Map<string, string> {
  const old = definedIn(graph);
  const lookup = lookupOf(renaming, old);
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const name of old) {
    const next = lookup(name) ?? name;
    if (next === "") throw new RangeError(`rename: "${name}" would have no name`);
    const other = owners.get(next);
    if (other !== undefined) {
      throw new RangeError(`rename: "${other}" and "${name}" would both be "${next}"`);
    }
    owners.set(next, name);
    if (next !== name) names.set(name, next);
  }
  return names;
}

function lookupOf(
  renaming: Renaming,
  old: ReadonlySet<string>,
): (name: string) => string | undefined {
  if (typeof renaming === "function") return renaming as (name: string) => string | undefined;
  const entries = renaming instanceof Map ? renaming : new Map(Object.entries(renaming));
  for (const name of entries.keys()) {
    if (!old.has(name)) throw new RangeError(`rename: no value "${name}"${didYouMean(name, old)}`);
  }
  return (name) => entries.get(name);
}

function renamedNode(node: Node, names: ReadonlyMap<string, string>): Node {
  const outputs = node.outputs.map((name) => names.get(name) ?? name);
  return { ...redirect(node, names, "rename"), outputs };
}

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
