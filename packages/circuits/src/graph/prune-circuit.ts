/** @file Reachability: which elements of a circuit lie on a path from the input to the logits. */

import { fedSources } from "./components";
import type { EdgeGraph } from "./edge-graph";
import type { At, CircuitPosition, Placement } from "./positions";

/** An edge of the circuit into one destination, and the columns (positions) at which it is kept. */
interface Inflow {
  readonly edge: number;
  readonly source: number;
  readonly columns: readonly number[];
}

/**
 * The edges that lie on a path input -> ... -> logits inside the circuit: a fixed point, in two sweeps.
 *
 * A query, an MLP and the logits read at their own position; keys and values (and joint inputs) may reach any
 * position. An element at every position stays whole when it is alive at any.
 */
export function liveEdges(graph: EdgeGraph, edges: Placement): Map<number, At> {
  const columns = columnsOf(edges.values());
  const width = columns.size + 1; // one column more for the positions that nothing names
  const inflows = inflowsOf(graph, edges, columns);
  const reached = sweepForward(graph, inflows, width);
  const needed = sweepBackward(graph, inflows, width);
  const live = new Map<number, At>();
  for (const [destination, into] of inflows.entries()) {
    for (const { edge, source, columns } of into) {
      const at = edges.get(edge);
      const alive = columns.map(
        (column) =>
          reached[source * width + column] === 1 && needed[destination * width + column] === 1,
      );
      if (!alive.includes(true)) continue;
      live.set(
        edge,
        at?.filter((_, i) => alive[i]),
      );
    }
  }
  return live;
}

/** Marks [source, column] for what the input reaches. */
function sweepForward(
  graph: EdgeGraph,
  inflows: readonly (readonly Inflow[])[],
  width: number,
): Uint8Array {
  const reached = new Uint8Array(graph.sources.length * width);
  for (const [i, { layer }] of graph.sources.entries())
    if (layer < 0) reached.fill(1, i * width, (i + 1) * width);
  for (const [destination, into] of inflows.entries()) {
    const row = new Uint8Array(width);
    for (const { source, columns } of into)
      for (const column of columns) row[column]! |= reached[source * width + column]!;
    if (movesPositions(graph, destination)) row.fill(row.includes(1) ? 1 : 0);
    for (const source of fedSources(graph, destination)) orInto(reached, source * width, row);
  }
  return reached;
}

/** Marks [destination, column] for what reaches the logits. */
function sweepBackward(
  graph: EdgeGraph,
  inflows: readonly (readonly Inflow[])[],
  width: number,
): Uint8Array {
  const written = new Uint8Array(graph.sources.length * width);
  const needed = new Uint8Array(graph.destinations.length * width);
  for (let destination = inflows.length - 1; destination >= 0; destination--) {
    const row = new Uint8Array(width);
    if (graph.destinations[destination]!.kind === "logits") row.fill(1);
    for (const source of fedSources(graph, destination))
      orInto(row, 0, written.subarray(source * width, (source + 1) * width));
    if (movesPositions(graph, destination)) row.fill(row.includes(1) ? 1 : 0);
    needed.set(row, destination * width);
    for (const { source, columns } of inflows[destination]!)
      for (const column of columns) written[source * width + column]! |= row[column]!;
  }
  return needed;
}

function movesPositions(graph: EdgeGraph, destination: number): boolean {
  return ["k", "v", "head"].includes(graph.destinations[destination]!.kind);
}

function inflowsOf(
  graph: EdgeGraph,
  edges: Placement,
  columns: ReadonlyMap<CircuitPosition, number>,
): Inflow[][] {
  const everywhere = Array.from({ length: columns.size + 1 }, (_, i) => i);
  const inflows: Inflow[][] = graph.destinations.map(() => []);
  for (const [edge, at] of edges) {
    const { source, destination } = graph.ends(edge);
    const kept = at === undefined ? everywhere : at.map((position) => columns.get(position)!);
    inflows[destination]!.push({ edge, source, columns: kept });
  }
  return inflows;
}

function columnsOf(sets: Iterable<At>): Map<CircuitPosition, number> {
  const columns = new Map<CircuitPosition, number>();
  for (const at of sets)
    for (const position of at ?? [])
      if (!columns.has(position)) columns.set(position, columns.size);
  return columns;
}

function orInto(target: Uint8Array, offset: number, row: Uint8Array): void {
  for (let i = 0; i < row.length; i++) target[offset + i]! |= row[i]!;
}
