/** @file Which components the run of one circuit needs: the rest is not in its graph. */

import { inputsOf } from "../graph/components";
import type { EdgeGraph } from "../graph/edge-graph";

/** What is there of each layer. */
export interface CompiledPlan {
  /** Sources that are computed, by index. */
  readonly alive: readonly number[];
  /** Sources whose every incoming edge is replaced, but which something reads: constants. */
  readonly constant: readonly number[];
  readonly heads: readonly (readonly number[])[];
  readonly mlps: readonly boolean[];
}

/**
 * Plans the run in which only `kept` edges carry what their sources write.
 *
 * A source is computed when it reads something that varies and something needed reads it. `isRun` says that a node
 * which only sees replacements writes its own replacement; then it is no constant of its own but not there at all.
 */
export function compiledPlan(graph: EdgeGraph, kept: Uint8Array, isRun: boolean): CompiledPlan {
  const { sources, destinations, shape } = graph;
  const readersOf = inputsOf(graph);
  const reading = (source: number) =>
    sources[source]!.layer < 0 || readersOf[source]!.some((d) => reads(graph, kept, d, live));
  const live = new Uint8Array(sources.length).fill(1);
  if (isRun) for (const source of sources.keys()) live[source] = Number(reading(source));
  const needed = new Uint8Array(sources.length);
  const mark = (d: number) => {
    const { firstEdge, reads: count } = destinations[d]!;
    for (let s = 0; s < count; s++) if (kept[firstEdge + s] && live[s]) needed[s] = 1;
  };
  mark(destinations.length - 1);
  for (let source = sources.length - 1; source >= 0; source--)
    if (needed[source]) readersOf[source]!.forEach(mark);
  const all = sources.map((_, source) => source).filter((source) => needed[source]);
  const alive = withSharers(graph, all.filter(reading));
  return {
    alive,
    constant: all.filter((source) => !alive.includes(source)),
    heads: Array.from({ length: shape.nLayers }, (_, layer) =>
      alive
        .map((source) => sources[source]!)
        .filter((source) => source.kind === "head" && source.layer === layer)
        .map(({ index }) => index),
    ),
    mlps: Array.from({ length: shape.nLayers }, (_, layer) =>
      alive.some((source) => sources[source]!.kind === "mlp" && sources[source]!.layer === layer),
    ),
  };
}

/** Heads that share keys and values are computed together or not at all. */
function withSharers({ sources, shape }: EdgeGraph, alive: readonly number[]): number[] {
  if (shape.nKeyValueHeads === shape.nHeads) return [...alive];
  const layers = new Set(
    alive
      .map((source) => sources[source]!)
      .filter((s) => s.kind === "head")
      .map((s) => s.layer),
  );
  return [...sources.keys()].filter(
    (source) =>
      alive.includes(source) ||
      (sources[source]!.kind === "head" && layers.has(sources[source]!.layer)),
  );
}

function reads(graph: EdgeGraph, kept: Uint8Array, destination: number, live: Uint8Array): boolean {
  const { firstEdge, reads: count } = graph.destinations[destination]!;
  for (let s = 0; s < count; s++) if (kept[firstEdge + s] && live[s]) return true;
  return false;
}
