/** @file Turns values into inputs, so that a graph goes on from what another run computed. */

import { definedIn, freshName, infoOf } from "../graph/lookup";
import type { Graph, Initializer, Node, ValueInfo } from "../graph/types";
import { inferShapes } from "../interpret/infer-shapes";
import { prune } from "./prune";

/**
 * A graph in which the values of these names are inputs; what only they needed is dropped.
 *
 * New inputs follow the old ones in the order given; a value that is an input already stays where it is.
 * An initializer that is cut loses its numbers.
 *
 * @throws RangeError for a name that the graph does not have, or a value whose dtype is unknown and cannot be inferred.
 * @example
 * cut(graph, "blocks.5.hook_resid_post"); // layers 6 and later, fed with the residual stream
 */
export function cut(graph: Graph, values: string | readonly string[]): Graph {
  const names = new Set(typeof values === "string" ? [values] : values);
  const added = inputsOf(graph, [...names]);
  const fresh = added.filter(({ name }) => !graph.inputs.some((input) => input.name === name));
  const inputs = [...graph.inputs, ...fresh];
  const taken = definedIn(graph);
  const pruned = prune({
    ...graph,
    inputs,
    nodes: graph.nodes.map((node) => withoutOutputs(node, names, taken)),
    initializers: without(graph.initializers, names),
  });
  const alive = new Set(pruned.inputs.map(({ name }) => name));
  // A cut value stays an input even where the outputs turn out not to need it.
  const kept = inputs.filter(({ name }) => alive.has(name) || names.has(name));
  return { ...pruned, inputs: kept, values: withInputs(pruned, kept) };
}

function inputsOf(graph: Graph, names: readonly string[]): ValueInfo[] {
  const known = names.map((name) => infoOf(graph, name, "cut"));
  if (known.every(({ dtype }) => dtype !== "undefined")) return known;
  const inferred = inferShapes(graph);
  return names.map((name) => {
    const info = infoOf(inferred, name, "cut");
    if (info.dtype === "undefined") throw new RangeError(`cut: the dtype of "${name}" is unknown`);
    return info;
  });
}

/** The node under new names for the outputs that are cut: nothing reads those. */
function withoutOutputs(node: Node, names: ReadonlySet<string>, taken: Set<string>): Node {
  if (!node.outputs.some((name) => names.has(name))) return node;
  const outputs = node.outputs.map((name) =>
    names.has(name) ? freshName(`${name}_uncut`, taken) : name,
  );
  return { ...node, outputs };
}

function without(
  initializers: ReadonlyMap<string, Initializer>,
  names: ReadonlySet<string>,
): Map<string, Initializer> {
  return new Map([...initializers].filter(([name]) => !names.has(name)));
}

function withInputs(graph: Graph, inputs: readonly ValueInfo[]): Map<string, ValueInfo> {
  const values = new Map(graph.values);
  for (const input of inputs) values.set(input.name, input);
  return values;
}
