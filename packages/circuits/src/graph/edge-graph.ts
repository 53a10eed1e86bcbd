/** @file The nodes and edges of a transformer whose residual stream is unrolled into the outputs it is the sum of. */

import { didYouMean, quoted } from "@diopter/graph";
import { checkedShape, type GraphShape } from "./shape";
import { type SourceGroup, sourceGroups, stageOf } from "./sources";

/** Something that writes into the residual stream: `input` (or `tok_embed`, `pos_embed`), `a0.h1`, `m0`. */
export interface SourceNode {
  readonly name: string;
  readonly kind: "input" | "token" | "position" | "head" | "mlp";
  /** Layer that writes; -1 for embeddings. */
  readonly layer: number;
  /** Head; 0 for the others. */
  readonly index: number;
  /** Rises with what has been read before it is written; -1 for embeddings. */
  readonly stage: number;
}

/** Something that reads it: `a0.h1<q>` (or `a0.h1` when joint, `a0.kv1<k>` when grouped), `m0`, `logits`. */
export interface DestinationNode {
  readonly name: string;
  readonly kind: "q" | "k" | "v" | "head" | "mlp" | "logits";
  /** Layer that reads; `nLayers` for the logits. */
  readonly layer: number;
  /** Head, or group of heads for grouped keys and values; 0 for the others. */
  readonly index: number;
  /** It reads what is written at earlier stages; destinations of one stage cannot reach each other. */
  readonly stage: number;
  /** It reads the sources 0 .. `reads` - 1. */
  readonly reads: number;
  /** Index of its first edge. */
  readonly firstEdge: number;
}

export interface Edge {
  readonly source: number;
  readonly destination: number;
}

/**
 * Sources, destinations and edges of one model, each by index and by name.
 *
 * Edge u -> v exists when u writes before v reads; edges are numbered destination by destination.
 * Conmy et al. 2023; Syed et al. 2023; names as in EAP-IG (Hanna et al. 2024).
 *
 * @example new EdgeGraph(shapeOf(model.config)).edgeCount // 32,491 for GPT-2 small
 */
export class EdgeGraph {
  readonly shape: GraphShape;
  readonly sources: readonly SourceNode[];
  readonly destinations: readonly DestinationNode[];
  readonly edgeCount: number;
  readonly #sources: ReadonlyMap<string, number>;
  readonly #destinations: ReadonlyMap<string, number>;

  constructor(shape: GraphShape) {
    this.shape = checkedShape(shape);
    this.sources = sourcesOf(shape);
    const written = writtenBefore(shape);
    const destinations: DestinationNode[] = [];
    let edges = 0;
    for (const node of destinationsOf(shape)) {
      const reads = written[node.stage]!;
      destinations.push({ ...node, reads, firstEdge: edges });
      edges += reads;
    }
    this.destinations = destinations;
    this.edgeCount = edges;
    this.#sources = new Map(this.sources.map(({ name }, i) => [name, i]));
    this.#destinations = new Map(destinations.map(({ name }, i) => [name, i]));
  }

  /** Index of a source. Throws `RangeError` naming the nearest source when there is none of that name. */
  source(name: string): number {
    return indexIn(this.#sources, name, "source");
  }

  /** Index of a destination. Throws `RangeError` naming the nearest destination when there is none of that name. */
  destination(name: string): number {
    return indexIn(this.#destinations, name, "destination");
  }

  /** Index of the edge between two nodes, given by index; undefined where the source writes too late. */
  edgeBetween(source: number, destination: number): number | undefined {
    const { reads, firstEdge } = this.destinations[destination]!;
    return source < reads ? firstEdge + source : undefined;
  }

  /** Index of an edge by name. Throws `RangeError` for unknown nodes and for edges that run backwards. */
  edge(name: string): number {
    const [source, destination, ...rest] = name.split("->");
    if (destination === undefined || rest.length > 0) {
      throw new RangeError(
        `circuit: ${quoted(name)} is not an edge; expected "source->destination"`,
      );
    }
    const found = this.edgeBetween(this.source(source!), this.destination(destination));
    if (found === undefined) {
      throw new RangeError(
        `circuit: no edge ${quoted(name)}: ${source} writes after ${destination} reads`,
      );
    }
    return found;
  }

  /** The two ends of an edge, by index. */
  ends(edge: number): Edge {
    let low = 0;
    let high = this.destinations.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.destinations[middle]!.firstEdge <= edge) low = middle;
      else high = middle - 1;
    }
    return { source: edge - this.destinations[low]!.firstEdge, destination: low };
  }

  /** Name of an edge, such as `"a0.h1->a2.h3<q>"`. */
  edgeName(edge: number): string {
    const { source, destination } = this.ends(edge);
    return `${this.sources[source]!.name}->${this.destinations[destination]!.name}`;
  }
}

function sourcesOf(shape: GraphShape): SourceNode[] {
  return sourceGroups(shape).flatMap(({ kind, layer, count, stage }) =>
    Array.from({ length: count }, (_, index) => ({
      name: nameOf(kind, layer, index),
      kind: kind === "heads" ? "head" : kind,
      layer,
      index,
      stage,
    })),
  );
}

/** By stage, the number of sources that write before it. */
function writtenBefore(shape: GraphShape): number[] {
  const written: number[] = new Array(2 * shape.nLayers + 1).fill(0);
  for (const { stage, count } of sourceGroups(shape)) written[stage + 1]! += count;
  for (let stage = 1; stage < written.length; stage++) written[stage]! += written[stage - 1]!;
  return written;
}

type Unnumbered = Omit<DestinationNode, "reads" | "firstEdge">;

function destinationsOf(shape: GraphShape): Unnumbered[] {
  const { nLayers, nHeads, nKeyValueHeads, attnOnly, inputs } = shape;
  const destinations: Unnumbered[] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    for (const kind of inputs === "joint" ? (["head"] as const) : (["q", "k", "v"] as const)) {
      const grouped = (kind === "k" || kind === "v") && nKeyValueHeads !== nHeads;
      for (let index = 0; index < (grouped ? nKeyValueHeads : nHeads); index++) {
        const head = `a${layer}.${grouped ? "kv" : "h"}${index}`;
        destinations.push({
          name: kind === "head" ? head : `${head}<${kind}>`,
          kind,
          layer,
          index,
          stage: stageOf("heads", layer, shape),
        });
      }
    }
    if (!attnOnly)
      destinations.push({
        name: `m${layer}`,
        kind: "mlp",
        layer,
        index: 0,
        stage: stageOf("mlp", layer, shape),
      });
  }
  destinations.push({
    name: "logits",
    kind: "logits",
    layer: nLayers,
    index: 0,
    stage: stageOf("logits", nLayers, shape),
  });
  return destinations;
}

function nameOf(kind: SourceGroup["kind"], layer: number, index: number): string {
  if (kind === "heads") return `a${layer}.h${index}`;
  if (kind === "mlp") return `m${layer}`;
  return kind === "input" ? "input" : kind === "token" ? "tok_embed" : "pos_embed";
}

function indexIn(known: ReadonlyMap<string, number>, name: string, kind: string): number {
  const index = known.get(name);
  if (index !== undefined) return index;
  throw new RangeError(`circuit: no ${kind} ${quoted(name)}${didYouMean(name, known.keys())}`);
}
