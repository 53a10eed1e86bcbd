/** @file The way through a head or an MLP: what a destination feeds, and what feeds a source. */

import type { EdgeGraph } from "./edge-graph";

/**
 * Indices of the sources whose output depends on what a destination (by index) reads: one head or MLP, the
 * heads of a group for grouped keys and values, nothing for the logits.
 */
export function fedSources(graph: EdgeGraph, destination: number): readonly number[] {
  const { kind, layer, index, name } = graph.destinations[destination]!;
  if (kind === "logits") return [];
  if (kind === "mlp") return [graph.source(name)];
  const { nHeads, nKeyValueHeads } = graph.shape;
  const heads = kind === "k" || kind === "v" ? nHeads / nKeyValueHeads : 1;
  return Array.from({ length: heads }, (_, i) => graph.source(`a${layer}.h${index * heads + i}`));
}

/** By source, the destinations that feed the component which writes it. */
export function inputsOf({ sources, destinations, shape }: EdgeGraph): number[][] {
  const perGroup = shape.nHeads / shape.nKeyValueHeads;
  return sources.map((source) =>
    destinations.flatMap((destination, d) => {
      if (destination.layer !== source.layer) return [];
      if (source.kind === "mlp") return destination.kind === "mlp" ? [d] : [];
      if (source.kind !== "head") return [];
      if (destination.kind === "mlp" || destination.kind === "logits") return [];
      const grouped = perGroup > 1 && (destination.kind === "k" || destination.kind === "v");
      const head = grouped ? Math.floor(source.index / perGroup) : source.index;
      return destination.index === head ? [d] : [];
    }),
  );
}
