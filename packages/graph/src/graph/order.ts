/** @file Puts nodes into execution order and checks that every value that is read is made exactly once. */

import { didYouMean } from "@diopter/tensor";
import { sparseNames } from "./extra";
import { readsOf } from "./lookup";
import type { Graph, Node } from "./types";

const NONE: ReadonlySet<string> = new Set();

/**
 * A graph whose nodes, and those of its subgraphs, follow what they read; an order that is right already stays.
 *
 * @throws RangeError when a value is made twice, read but never made, or needs itself.
 */
export function ordered(graph: Graph, outer: ReadonlySet<string> = NONE): Graph {
  const makers = makersOf(graph);
  const known = (name: string) => makers.has(name) || outer.has(name);
  for (const node of graph.nodes) {
    for (const name of readsOf(node)) {
      if (!known(name))
        throw unmade(`${labelOf(node)} reads "${name}"`, name, [...makers.keys(), ...outer]);
    }
  }
  for (const { name } of graph.outputs) {
    if (!known(name)) throw unmade(`output "${name}"`, name, [...makers.keys(), ...outer]);
  }
  const nodes = inOrder(graph.nodes, makers, "onnx");
  const scope = new Set([...outer, ...makers.keys()]);
  return { ...graph, nodes: nodes.map((node) => withOrderedSubgraphs(node, scope)) };
}

function unmade(reader: string, name: string, candidates: readonly string[]): RangeError {
  return new RangeError(`onnx: ${reader}, which nothing makes${didYouMean(name, candidates)}`);
}

/** Per value of this graph the node that makes it; undefined for inputs and initializers. */
function makersOf(graph: Graph): Map<string, Node | undefined> {
  const makers = new Map<string, Node | undefined>();
  for (const { name } of graph.inputs) {
    if (makers.has(name)) throw new RangeError(`onnx: input "${name}" is there twice`);
    makers.set(name, undefined);
  }
  // An initializer may have the name of an input: it is then that input's default.
  for (const name of graph.initializers.keys()) makers.set(name, undefined);
  for (const name of sparseNames(graph)) makers.set(name, undefined);
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (name === "") continue;
      if (makers.has(name)) {
        const other = makers.get(name);
        const first = other === undefined ? "an input or initializer" : labelOf(other);
        throw new RangeError(
          `onnx: value "${name}" is made twice: by ${first} and by ${labelOf(node)}`,
        );
      }
      makers.set(name, node);
    }
  }
  return makers;
}

/**
 * Nodes such that each follows those whose outputs it reads, otherwise as they were.
 *
 * Depth-first, without recursion: a chain of nodes may be long.
 *
 * @throws RangeError beginning with `subject` where a node needs its own output.
 */
export function inOrder(
  nodes: readonly Node[],
  makers: ReadonlyMap<string, Node | undefined>,
  subject: string,
): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  for (const root of nodes) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (state.get(node) === "done") {
        stack.pop();
        continue;
      }
      const first = state.get(node) === undefined;
      state.set(node, "open");
      const waiting = first ? pending(node, makers, state, subject) : [];
      if (waiting.length > 0) stack.push(...waiting);
      else {
        state.set(node, "done");
        order.push(node);
        stack.pop();
      }
    }
  }
  return order;
}

function pending(
  node: Node,
  makers: ReadonlyMap<string, Node | undefined>,
  state: ReadonlyMap<Node, "open" | "done">,
  subject: string,
): Node[] {
  const waiting: Node[] = [];
  for (const name of readsOf(node)) {
    const maker = makers.get(name);
    if (maker === undefined || state.get(maker) === "done") continue;
    if (state.get(maker) === "open")
      throw new RangeError(
        `${subject}: ${labelOf(maker)} needs its own output: the graph has a cycle`,
      );
    waiting.push(maker);
  }
  return waiting.reverse();
}

function withOrderedSubgraphs(node: Node, outer: ReadonlySet<string>): Node {
  if (!Object.values(node.attrs).some(({ type }) => type === "graph")) return node;
  const attrs = Object.entries(node.attrs).map(([name, attribute]) =>
    attribute.type === "graph"
      ? [name, { ...attribute, value: ordered(attribute.value, outer) }]
      : [name, attribute],
  );
  return { ...node, attrs: Object.fromEntries(attrs) };
}

function labelOf(node: Node): string {
  return `${node.op} "${node.name ?? node.outputs[0] ?? ""}"`;
}
