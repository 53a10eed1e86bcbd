/** @file Edges grown from the logits: always the best one into what has been reached. */

import { inputsOf } from "../../graph/components";
import type { EdgeGraph } from "../../graph/edge-graph";

/** The `n` edges that are reached by always taking the best-ranked edge into a node that is already in. */
export function grownFromLogits(graph: EdgeGraph, ranked: ArrayLike<number>, n: number): number[] {
  const rank = new Uint32Array(graph.edgeCount);
  for (let i = 0; i < ranked.length; i++) rank[ranked[i]!] = i;
  const inputs = inputsOf(graph);
  const seen = new Uint8Array(graph.sources.length);
  const open: number[] = [];
  const enter = (destination: number) => {
    const { firstEdge, reads } = graph.destinations[destination]!;
    for (let s = 0; s < reads; s++) push(open, firstEdge + s, rank);
  };
  enter(graph.destinations.length - 1);
  const chosen: number[] = [];
  while (chosen.length < n && open.length > 0) {
    const edge = pop(open, rank);
    chosen.push(edge);
    const { source } = graph.ends(edge);
    if (seen[source]) continue;
    seen[source] = 1;
    for (const destination of inputs[source]!) enter(destination);
  }
  return chosen;
}

/** A binary heap of edges by rank. */
function push(heap: number[], edge: number, rank: Uint32Array): void {
  let at = heap.push(edge) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (rank[heap[up]!]! <= rank[edge]!) break;
    heap[at] = heap[up]!;
    at = up;
  }
  heap[at] = edge;
}

function pop(heap: number[], rank: Uint32Array): number {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && rank[heap[child + 1]!]! < rank[heap[child]!]!) child++;
    if (rank[heap[child]!]! >= rank[last]!) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
