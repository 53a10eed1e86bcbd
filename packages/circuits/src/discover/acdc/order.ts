/** @file The order in which ACDC tries edges: destinations from the logits back. */

import { Random } from "@diopter/tensor";
import type { EdgeGraph } from "../../graph/edge-graph";

/**
 * `default`: destinations of later stages first, within one the later destinations and sources; a seed shuffles within
 * stages; a list of names is taken as it is.
 */
export type AcdcOrder = "default" | { readonly seed: number } | readonly string[];

/** Every edge once. Throws `RangeError` for lists that leave edges out or name them twice. */
export function edgeOrder(graph: EdgeGraph, order: AcdcOrder): Uint32Array {
  const falling = Uint32Array.from({ length: graph.edgeCount }, (_, i) => graph.edgeCount - 1 - i);
  if (order === "default") return byStage(graph, falling);
  if ("seed" in order) {
    const random = new Random(order.seed);
    return byStage(graph, Uint32Array.from(random.shuffle(falling)));
  }
  const edges = Uint32Array.from(order, (name) => graph.edge(name));
  const seen = new Uint8Array(graph.edgeCount);
  for (const edge of edges) {
    if (seen[edge]) throw new RangeError(`acdc: the order names "${graph.edgeName(edge)}" twice`);
    seen[edge] = 1;
  }
  const missing = seen.indexOf(0);
  if (missing >= 0)
    throw new RangeError(`acdc: the order leaves out "${graph.edgeName(missing)}" and others`);
  return edges;
}

/** Later stages first; the order within a stage stays. */
function byStage(graph: EdgeGraph, edges: Uint32Array): Uint32Array {
  const stage = Uint32Array.from(
    edges,
    (edge) => graph.destinations[graph.ends(edge).destination]!.stage,
  );
  const places = Array.from(edges.keys()).sort((a, b) => stage[b]! - stage[a]! || a - b);
  return Uint32Array.from(places, (place) => edges[place]!);
}
