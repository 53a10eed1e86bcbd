/** @file Replaces a value by a function of it, for everything that reads it. */

import { Builder } from "../builder/builder";
import { compatible, showShape } from "../graph/dim";
import { allNames, freshName, infoOf } from "../graph/lookup";
import { inOrder } from "../graph/order";
import type { Graph, Value } from "../graph/types";
import { redirect, rename } from "./rename";

/**
 * A graph in which everything that reads `value` reads `replace(b, value)` instead, a graph output of that name included.
 *
 * The result takes over the name, and what was made under it is then called `<name>_before`. A graph input or
 * initializer keeps its name, since it is fed by it; what replaces it is called `<name>_after`. The function may read
 * other values by `b.value(name)` and add inputs; it must return dtype and shape of the original.
 *
 * @throws RangeError for an unknown name, another shape, or a replacement that needs what comes after it;
 * TypeError for another dtype.
 * @example
 * splice(graph, "blocks.3.hook_resid_post", (b, x) => b.add(x, b.input("steer", "float32", [768])));
 */
export function splice(
  graph: Graph,
  value: string,
  replace: (b: Builder, value: Value) => Value,
): Graph {
  infoOf(graph, value, "splice");
  const producer = graph.nodes.find((node) => node.outputs.includes(value));
  if (producer === undefined && graph.outputs.some(({ name }) => name === value)) {
    throw new RangeError(
      `splice: "${value}" is both given and an output; copy it by Identity first`,
    );
  }
  const taken = allNames(graph);
  const after = freshName(`${value}_after`, taken);
  const b = Builder.from(graph);
  const before = b.value(value);
  const result = replace(b, before);
  if (result === before) return graph;
  expectAlike(value, before, result);
  b.named(after, result);
  const built = b.build([after]);
  const woven = weave(graph, built, value, after);
  if (producer === undefined) return woven;
  const names = { [value]: freshName(`${value}_before`, allNames(woven)), [after]: value };
  return rename(woven, names);
}

function expectAlike(name: string, before: Value, after: Value): void {
  if (before.dtype !== after.dtype) {
    throw new TypeError(`splice: "${name}" is ${before.dtype}, its replacement ${after.dtype}`);
  }
  const { shape } = before;
  const fits =
    shape.length === after.shape.length &&
    shape.every((dim, i) => compatible(dim, after.shape[i]!));
  if (fits) return;
  throw new RangeError(
    `splice: "${name}" is ${showShape(shape)}, its replacement ${showShape(after.shape)}`,
  );
}

/** The graph with the new nodes in place, its old nodes reading `after` where they read `value`. */
function weave(graph: Graph, built: Graph, value: string, after: string): Graph {
  const moved = new Map([[value, after]]);
  const outputs = graph.outputs.map((info) => (info.name === value ? built.outputs[0]! : info));
  const old = graph.nodes.map((node) => redirect(node, moved, "splice"));
  const added = built.nodes.slice(graph.nodes.length);
  const nodes = [...old, ...added];
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const inferred = [...built.values].filter(([name]) => !graph.values.has(name));
  return {
    ...graph,
    inputs: [...graph.inputs, ...built.inputs.slice(graph.inputs.length)],
    outputs,
    nodes: inOrder(nodes, makers, "splice"),
    initializers: new Map([...built.initializers, ...graph.initializers]),
    values: new Map([...graph.values, ...inferred]),
    opsets: built.opsets,
  };
}
