/** @file Projections of circuits: to nodes, to edges, to all tokens, to joint inputs. */

import { fedSources } from "./components";
import type { EdgeGraph } from "./edge-graph";
import { type At, type Placement, uniteAt } from "./positions";

/** Sources of the edges (the logits are not a source), each at the positions of any of its edges. */
export function sourcesOfEdges(graph: EdgeGraph, edges: Placement): Map<number, At> {
  const nodes = new Map<number, At>();
  for (const [edge, at] of edges) add(nodes, graph.ends(edge).source, at);
  return nodes;
}

/** Every edge whose source is in the set, at the positions of its source: what a node test keeps. */
export function edgesFromNodes(graph: EdgeGraph, nodes: Placement): Map<number, At> {
  return edgesWhere(graph, nodes, () => true);
}

/** Every edge among members, the logits being one always and the embeddings only when they are in the set. */
export function edgesAmongNodes(graph: EdgeGraph, nodes: Placement): Map<number, At> {
  return edgesWhere(
    graph,
    nodes,
    (destination) =>
      graph.destinations[destination]!.kind === "logits" ||
      fedSources(graph, destination).some((source) => nodes.has(source)),
  );
}

/** The same elements at every position. */
export function everywhere(elements: Placement): Map<number, At> {
  return new Map([...elements.keys()].map((element) => [element, undefined]));
}

/** Edges of the graph with joint inputs: kept where the edge into any of q, k and v is. */
export function jointEdges(split: EdgeGraph, joint: EdgeGraph, edges: Placement): Map<number, At> {
  const out = new Map<number, At>();
  for (const [edge, at] of edges) {
    const { source, destination } = split.ends(edge);
    const name = split.destinations[destination]!.name.replace(/<[qkv]>$/, "");
    add(out, joint.edgeBetween(source, joint.destination(name))!, at);
  }
  return out;
}

/**
 * Edges of a graph whose keys and values are read by head in one in which they are read by group, or the other way:
 * an edge of a group stands for those of all its heads, and is kept where any of them is.
 */
export function regroupedEdges(from: EdgeGraph, to: EdgeGraph, edges: Placement): Map<number, At> {
  const { nHeads } = from.shape;
  const [own, other] = [from, to].map(({ shape }) => nHeads / shape.nKeyValueHeads) as [
    number,
    number,
  ];
  const out = new Map<number, At>();
  for (const [edge, at] of edges) {
    const { source, destination } = from.ends(edge);
    const { kind, layer, index, name } = from.destinations[destination]!;
    if (kind !== "k" && kind !== "v") {
      add(out, to.edgeBetween(source, to.destination(name))!, at);
      continue;
    }
    // Heads own * index and on; their groups are those that hold any of them.
    const first = Math.floor((index * own) / other);
    const last = Math.floor((index * own + own - 1) / other);
    for (let reader = first; reader <= last; reader++) {
      const read = `a${layer}.${other > 1 ? "kv" : "h"}${reader}<${kind}>`;
      add(out, to.edgeBetween(source, to.destination(read))!, at);
    }
  }
  return out;
}

function edgesWhere(
  graph: EdgeGraph,
  nodes: Placement,
  reads: (destination: number) => boolean,
): Map<number, At> {
  const edges = new Map<number, At>();
  for (const destination of graph.destinations.keys()) {
    if (!reads(destination)) continue;
    for (const [source, at] of nodes) {
      const edge = graph.edgeBetween(source, destination);
      if (edge !== undefined) edges.set(edge, at);
    }
  }
  return edges;
}

function add(elements: Map<number, At>, element: number, at: At): void {
  elements.set(element, elements.has(element) ? uniteAt(elements.get(element), at) : at);
}
