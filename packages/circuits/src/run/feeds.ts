/** @file Names and layouts of what a run is fed: replacements, clean values, and masks over edges. */

import type { Extension, Values } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import type { EdgeMask } from "../ablation/replaced-mask";
import type { DestinationNode, EdgeGraph } from "../graph/edge-graph";

/** Name of the feed with what a source hook is replaced with. */
export function replacementFeed(hook: string): string {
  return `replacement ${hook}`;
}

/** Name of the feed with what a source wrote in the clean run. */
export function cleanFeed(hook: string): string {
  return `clean ${hook}`;
}

/** Values under the names of their feeds. */
export function named(
  name: (hook: string) => string,
  values: Readonly<Record<string, TensorLike>>,
): Record<string, TensorLike> {
  return Object.fromEntries(Object.entries(values).map(([hook, value]) => [name(hook), value]));
}

/** An extension that is fed more than its own numbers. */
export function withFeeds<T>(extension: Extension<T>, feeds: Values): Extension<T> {
  return { ...extension, feeds: { ...extension.feeds, ...feeds } };
}

/** The values of some hooks. */
export function pickHooks<T>(
  values: Readonly<Record<string, T>>,
  hooks: readonly string[],
): Record<string, T> {
  return Object.fromEntries(hooks.map((hook) => [hook, values[hook]!]));
}

/** Destinations of one layer and kind, which share a feed. */
export interface Readers {
  readonly feed: string;
  readonly readers: number;
  readonly reads: number;
  readonly firstEdge: number;
}

/** Name of the mask feed of a destination. */
export function maskFeed({ layer, kind }: Pick<DestinationNode, "layer" | "kind">): string {
  return `mask.${layer}.${kind}`;
}

/** The feeds of a graph in the order of its edges; edges of one feed are contiguous, row by row. */
export function readersOf(graph: EdgeGraph): Readers[] {
  const groups = new Map<string, Readers>();
  for (const destination of graph.destinations) {
    const feed = maskFeed(destination);
    const { reads, firstEdge } = destination;
    const known = groups.get(feed) ?? { feed, readers: 0, reads, firstEdge };
    groups.set(feed, { ...known, readers: known.readers + 1 });
  }
  return [...groups.values()];
}

/** A mask as feeds [batch or 1, pos or 1, reader, source]. */
export function maskFeeds(
  groups: readonly Readers[],
  { batch, pos, values }: EdgeMask,
): Record<string, TensorLike> {
  const rows = batch * pos;
  const edges = values.length / rows;
  const feeds: Record<string, TensorLike> = {};
  for (const { feed, readers, reads, firstEdge } of groups) {
    const size = readers * reads;
    const data = new (values.constructor as Float32ArrayConstructor)(rows * size);
    for (let row = 0; row < rows; row++) {
      const start = row * edges + firstEdge;
      data.set(values.subarray(start, start + size), row * size);
    }
    const dtype = values instanceof Float64Array ? "float64" : "float32";
    feeds[feed] = { dtype, shape: [batch, pos, readers, reads], data } as TensorLike;
  }
  return feeds;
}
