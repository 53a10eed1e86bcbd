/**
 * @file Random circuits that carry signal, to compare a circuit with: as large as it, every element on a path from
 * the input to the logits. A set of edges drawn at random from all connects nothing and can beat nothing.
 */

import { Random } from "@diopter/tensor";
import { Circuit } from "../graph/circuit";
import { fedSources, inputsOf } from "../graph/components";
import type { EdgeGraph } from "../graph/edge-graph";
import type { CircuitPosition } from "../graph/positions";

/**
 * How a random circuit is drawn.
 *
 * `matched`: the circuit itself with the heads of each layer exchanged, so that every layer and kind has what it had;
 * `walk`: random walks from the logits back to the input; `reranked`: grown from the logits by a random ranking of
 * all elements, and pruned.
 */
export type RandomKind = "matched" | "walk" | "reranked";

export const randomKinds: readonly RandomKind[] = ["matched", "walk", "reranked"];

/**
 * A random circuit as large as `circuit` (in elements, or in elements at positions), connected to a fixed point;
 * undefined where there is none of its kind but the circuit itself.
 *
 * Embeddings are in a random set of nodes when they are in the circuit: without them nothing varies with the prompt.
 *
 * @example randomCircuitLike(circuit, { kind: "walk", seed: 0 })!.sizeAtPositions === circuit.sizeAtPositions
 */
export function randomCircuitLike(
  circuit: Circuit,
  { kind, seed }: { readonly kind: RandomKind; readonly seed: number },
): Circuit | undefined {
  const random = new Random(seed).fork(kind);
  const meta = { name: `random ${kind} ${seed}`, version: "1" };
  if (circuit.component === "node") return randomNodes(circuit, kind, random, meta);
  const size = circuit.sizeAtPositions;
  if (kind === "matched") {
    const exchanged = withHeadsExchanged(circuit, random, meta);
    if (!exchanged) return undefined;
    const { circuit: live, dropped } = exchanged.pruned();
    if (dropped.length === 0) return exchanged;
    // In the place of what carries nothing others are drawn, where they need no position.
    if (!circuit.hasPositions) return grown(live, size, "walk", random).circuit(meta);
    return live.size > 0 ? live : undefined;
  }
  const none = Circuit.ofEdges(circuit.shape, [], meta);
  return grown(none, size, kind, random, circuit).circuit(meta);
}

/** Elements with their heads renamed within each layer; undefined where that changes nothing. */
function withHeadsExchanged(
  circuit: Circuit,
  random: Random,
  meta: { readonly name: string; readonly version: string },
): Circuit | undefined {
  const { shape, component } = circuit;
  const { nLayers, nHeads, nKeyValueHeads } = shape;
  const perGroup = nHeads / nKeyValueHeads;
  const own = JSON.stringify(circuit.elements);
  for (let tries = 0; tries < 20; tries++) {
    const groups = Array.from({ length: nLayers }, () => random.permutation(nKeyValueHeads));
    const within = Array.from({ length: nLayers * nKeyValueHeads }, () =>
      random.permutation(perGroup),
    );
    const head = (layer: number, index: number) => {
      const group = Math.floor(index / perGroup);
      const place = within[layer * nKeyValueHeads + group]![index % perGroup]!;
      return groups[layer]![group]! * perGroup + place;
    };
    const renamed = (text: string) =>
      text
        .replace(/\ba(\d+)\.h(\d+)/g, (_, l, h) => `a${l}.h${head(Number(l), Number(h))}`)
        .replace(/\ba(\d+)\.kv(\d+)/g, (_, l, g) => `a${l}.kv${groups[Number(l)]![Number(g)]}`);
    const elements = circuit.elements.map((element) => ({
      ...element,
      name: renamed(element.name),
    }));
    const made =
      component === "edge"
        ? Circuit.ofEdges(shape, elements, meta)
        : Circuit.ofNodes(shape, elements, meta);
    if (JSON.stringify(made.elements) !== own) return made;
  }
  return undefined;
}

/** Nodes read all earlier nodes, so that any set with the embedding is connected. */
function randomNodes(
  circuit: Circuit,
  kind: RandomKind,
  random: Random,
  meta: { readonly name: string; readonly version: string },
): Circuit | undefined {
  if (kind === "matched") return withHeadsExchanged(circuit, random, meta);
  const { graph, placement, shape } = circuit;
  const isFixed = (index: number) => graph.sources[index]!.layer < 0;
  const free = [...graph.sources.keys()].filter((index) => !isFixed(index));
  const moved = [...placement].filter(([index]) => !isFixed(index));
  const at = random.shuffle(moved.map(([, positions]) => positions));
  const chosen =
    kind === "walk" ? nodesOnWalks(graph, moved.length, random) : random.sample(free, moved.length);
  const fixed = [...placement].filter(([index]) => isFixed(index));
  const drawn = chosen.map((index, i) => [index, at[i]] as const);
  const elements = [...fixed, ...drawn].map(([index, positions]) => {
    const { name } = graph.sources[index]!;
    return positions === undefined ? name : { name, at: positions };
  });
  return Circuit.ofNodes(shape, elements, meta);
}

function nodesOnWalks(graph: EdgeGraph, count: number, random: Random): number[] {
  const inputs = inputsOf(graph);
  const seen = new Set<number>();
  while (seen.size < count) {
    let destination = graph.destinations.length - 1;
    for (;;) {
      const source = random.integer(0, graph.destinations[destination]!.reads);
      if (graph.sources[source]!.layer < 0) break;
      if (seen.size < count) seen.add(source);
      destination = random.choice(inputs[source]!);
    }
  }
  return [...seen];
}

/** Where an element is kept: the index of a position, or 0 where circuits have none. */
type Place = number;

function grown(
  start: Circuit,
  size: number,
  kind: "walk" | "reranked",
  random: Random,
  like: Circuit = start,
): Growth {
  const growth = new Growth(like, start, random);
  if (kind === "reranked") growth.rankedTo(size);
  growth.walkedTo(size);
  return growth;
}

/** Edges at places, kept so that all are on a path from the input to the logits. */
class Growth {
  readonly #graph: EdgeGraph;
  readonly #random: Random;
  readonly #inputs: readonly (readonly number[])[];
  readonly #positions: readonly (CircuitPosition | undefined)[];
  /** Positions at which the logits are read: those of the circuit, where it names some. */
  readonly #ends: readonly Place[];
  readonly #kept = new Set<string>();
  readonly #reached = new Set<string>();
  readonly #needed: (readonly [destination: number, place: Place])[] = [];
  readonly #isNeeded = new Set<string>();

  constructor(like: Circuit, start: Circuit, random: Random) {
    const { graph, placement } = like;
    this.#graph = graph;
    this.#random = random;
    this.#inputs = inputsOf(graph);
    const named = [...new Set([...placement.values()].flatMap((at) => at ?? []))];
    this.#positions = named.length > 0 ? named : [undefined];
    const last = graph.destinations.length - 1;
    const ends = [...placement].flatMap(([edge, at]) =>
      graph.ends(edge).destination === last ? (at ?? named) : [],
    );
    const places = [...new Set(ends)].map((position) => named.indexOf(position));
    this.#ends = places.length > 0 ? places : [...this.#positions.keys()];
    for (const place of this.#ends) this.#need(last, place);
    for (const [edge, at] of start.placement)
      for (const position of at ?? this.#positions)
        this.#add(edge, this.#positions.indexOf(position));
  }

  /** Adds whole paths, then single edges between what is reached and what is needed, up to a size. */
  walkedTo(size: number): void {
    for (let failures = 0; this.#kept.size < size && failures < 200; ) {
      const before = this.#kept.size;
      const path = this.#path(size - before);
      for (const [edge, place] of path) this.#add(edge, place);
      failures = this.#kept.size > before ? 0 : failures + 1;
    }
    for (const [edge, place] of this.#random.shuffle(this.#between())) {
      if (this.#kept.size >= size) return;
      this.#add(edge, place);
    }
  }

  /** Grows from the logits by random choice until so much is on a path that the next choice would be too much. */
  rankedTo(size: number): void {
    const graph = this.#graph;
    const trial = new Map<string, readonly [number, Place]>();
    const open = [...this.#needed];
    const known = new Set(this.#isNeeded);
    let live: (readonly [number, Place])[] = [];
    for (let tries = 0; tries < 50 * size + 1000; tries++) {
      const [destination, place] = this.#random.choice(open);
      const { firstEdge, reads } = graph.destinations[destination]!;
      const source = this.#random.integer(0, reads);
      const key = keyOf(firstEdge + source, place);
      if (trial.has(key)) continue;
      trial.set(key, [firstEdge + source, place]);
      for (const [input, at] of this.#readBy(source, place)) {
        if (known.has(keyOf(input, at))) continue;
        known.add(keyOf(input, at));
        open.push([input, at]);
      }
      if (graph.sources[source]!.layer >= 0) continue;
      const now = this.#onPaths([...trial.values()]);
      if (now.length > size) break;
      live = now;
      if (now.length === size) break;
    }
    for (const [edge, place] of live) this.#add(edge, place);
  }

  circuit(meta: { readonly name: string; readonly version: string }): Circuit {
    const { shape } = this.#graph;
    const elements = [...this.#kept].map((key) => {
      const [edge, place] = key.split(" ").map(Number) as [number, Place];
      const position = this.#positions[place];
      const name = this.#graph.edgeName(edge);
      return position === undefined ? name : { name, at: [position] };
    });
    return Circuit.ofEdges(shape, elements, meta);
  }

  /** A walk from something needed back to something reached, of at most so many edges; empty where it fails. */
  #path(most: number): (readonly [number, Place])[] {
    const graph = this.#graph;
    const last = graph.destinations.length - 1;
    const path: (readonly [number, Place])[] = [];
    let [destination, place] =
      most < 8 ? this.#random.choice(this.#needed) : [last, this.#random.choice(this.#ends)];
    while (path.length < most) {
      const { firstEdge, reads } = graph.destinations[destination]!;
      const source = this.#random.integer(0, reads);
      path.push([firstEdge + source, place]);
      const isInput = graph.sources[source]!.layer < 0;
      if (isInput || (most < 8 && this.#reached.has(keyOf(source, place)))) return path;
      [destination, place] = this.#random.choice(this.#readBy(source, place));
    }
    return [];
  }

  /** What a source at a place reads: keys, values and joint inputs from any place. */
  #readBy(source: number, place: Place): (readonly [number, Place])[] {
    return this.#inputs[source]!.flatMap((input) =>
      movesPositions(this.#graph, input)
        ? [...this.#positions.keys()].map((at) => [input, at] as const)
        : [[input, place] as const],
    );
  }

  /** Edges that are not kept, from what is reached to what is needed. */
  #between(): (readonly [number, Place])[] {
    return this.#needed.flatMap(([destination, place]) => {
      const { firstEdge, reads } = this.#graph.destinations[destination]!;
      return Array.from({ length: reads }, (_, source) => source)
        .filter((source) => this.#isReached(source, place))
        .map((source) => [firstEdge + source, place] as const)
        .filter(([edge]) => !this.#kept.has(keyOf(edge, place)));
    });
  }

  #isReached(source: number, place: Place): boolean {
    return this.#graph.sources[source]!.layer < 0 || this.#reached.has(keyOf(source, place));
  }

  /** Keeps an edge that is on a path together with what is kept or about to be. */
  #add(edge: number, place: Place): void {
    this.#kept.add(keyOf(edge, place));
    const { source, destination } = this.#graph.ends(edge);
    for (const [input, at] of this.#readBy(source, place)) this.#need(input, at);
    const places = movesPositions(this.#graph, destination) ? this.#positions.keys() : [place];
    for (const fed of fedSources(this.#graph, destination))
      for (const at of places) this.#reached.add(keyOf(fed, at));
  }

  #need(destination: number, place: Place): void {
    const key = keyOf(destination, place);
    if (this.#isNeeded.has(key)) return;
    this.#isNeeded.add(key);
    this.#needed.push([destination, place]);
  }

  /** Those of some edges, all grown from the logits, that the input reaches. */
  #onPaths(edges: readonly (readonly [number, Place])[]): (readonly [number, Place])[] {
    const reached = new Set<string>();
    const live: (readonly [number, Place])[] = [];
    for (const [edge, place] of edges.toSorted(([a], [b]) => a - b)) {
      const { source, destination } = this.#graph.ends(edge);
      if (this.#graph.sources[source]!.layer >= 0 && !reached.has(keyOf(source, place))) continue;
      live.push([edge, place]);
      const moves = movesPositions(this.#graph, destination);
      for (const fed of fedSources(this.#graph, destination))
        for (const at of moves ? this.#positions.keys() : [place]) reached.add(keyOf(fed, at));
    }
    return live;
  }
}

function movesPositions(graph: EdgeGraph, destination: number): boolean {
  return ["k", "v", "head"].includes(graph.destinations[destination]!.kind);
}

function keyOf(index: number, place: Place): string {
  return `${index} ${place}`;
}
