/** @file A score for every edge, with how it was made, and circuits chosen by it. */

import { Circuit } from "../../graph/circuit";
import { inputsOf } from "../../graph/components";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { type Ranking, rankedBy } from "./ranking";
import { finiteNames, numbersNamed, type ScoreValue } from "./score-values";

/** How scores were made; kept with them. */
export interface ScoreRecord {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Batched passes over the prompts. */
  readonly passes: { readonly forward: number; readonly backward: number };
  readonly prompts: number;
  readonly seed?: number;
  readonly milliseconds: number;
}

export interface EdgeScoresJSON {
  readonly kind: "diopter/edge-scores";
  readonly schema: 1;
  readonly shape: GraphShape;
  readonly record: ScoreRecord;
  readonly values: readonly ScoreValue[];
  readonly first?: readonly number[];
}

/**
 * Scores by edge, mean over prompts; a positive score means that ablating the edge raises the metric.
 *
 * Ties are broken by the index of the edge, so that a circuit has the size that was asked for.
 */
export class EdgeScores {
  readonly graph: EdgeGraph;
  /** [edge] */
  readonly values: Float64Array;
  readonly record: ScoreRecord;
  /** [prompt][edge], where asked for. */
  readonly perPrompt: readonly Float32Array[] | undefined;
  /** [pos][edge], where asked for. */
  readonly byPosition: readonly Float64Array[] | undefined;
  /** Edges that rank before all others whatever their scores, such as those that were scored again exactly. */
  readonly first: ReadonlySet<number> | undefined;

  constructor(
    graph: EdgeGraph,
    values: Float64Array,
    record: ScoreRecord,
    more: {
      readonly perPrompt?: readonly Float32Array[] | undefined;
      readonly byPosition?: readonly Float64Array[] | undefined;
      readonly first?: Iterable<number> | undefined;
    } = {},
  ) {
    if (values.length !== graph.edgeCount)
      throw new RangeError(`edge scores: ${values.length} scores for ${graph.edgeCount} edges`);
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0) throw new RangeError(`edge scores: "${graph.edgeName(bad)}" has no score (NaN)`);
    this.graph = graph;
    this.values = values;
    this.record = record;
    this.perPrompt = more.perPrompt;
    this.byPosition = more.byPosition;
    this.first = more.first && new Set(more.first);
  }

  /** Score of an edge by name. */
  of(edge: string): number {
    return this.values[this.graph.edge(edge)]!;
  }

  /** Edges from the most to the least important; ties by index. */
  ranked(by: Ranking = "absolute"): Uint32Array {
    const { first } = this;
    return rankedBy(this.values, by, (edge) => Number(first !== undefined && !first.has(edge)));
  }

  /** The `n` best edges. Throws `RangeError` when there are fewer. */
  top(n: number, { by = "absolute" }: { readonly by?: Ranking } = {}): Circuit {
    if (!Number.isInteger(n) || n < 0 || n > this.graph.edgeCount)
      throw new RangeError(`edge scores: ${n} edges of ${this.graph.edgeCount}`);
    return this.#circuit(this.ranked(by).subarray(0, n), `top ${n}, ${by}`);
  }

  /** Edges whose score is at least `least` in size (`absolute`), or at most -`least` (`signed`); of re-ranked scores among `first`. */
  threshold(least: number, { by = "absolute" }: { readonly by?: Ranking } = {}): Circuit {
    const passes = (x: number) => (by === "absolute" ? Math.abs(x) >= least : -x >= least);
    const among = this.first ? [...this.first].sort((a, b) => a - b) : [...this.values.keys()];
    const edges = among.filter((edge) => passes(this.values[edge]!));
    return this.#circuit(edges, `at least ${least}, ${by}`);
  }

  /** `n` edges grown from the logits: always the best edge into what has been reached (Hanna et al. 2024). */
  greedy(n: number, { by = "absolute" }: { readonly by?: Ranking } = {}): Circuit {
    return this.#circuit(grownFromLogits(this.graph, this.ranked(by), n), `greedy ${n}, ${by}`);
  }

  /** Scores by which the most important edge is the least important, and so on: a control. */
  reversed({ by = "absolute" }: { readonly by?: Ranking } = {}): EdgeScores {
    const ranked = this.ranked(by);
    const values = new Float64Array(ranked.length);
    // The place in the old order, from 0 for what was best, is the importance in the new one.
    ranked.forEach((edge, place) => {
      values[edge] = by === "absolute" ? place : -place;
    });
    const { method, options } = this.record;
    return new EdgeScores(this.graph, values, {
      ...this.record,
      method: `${method}, reversed`,
      options: { ...options, reversed: by },
    });
  }

  toJSON(): EdgeScoresJSON {
    const { record, values, graph } = this;
    return {
      kind: "diopter/edge-scores",
      schema: 1,
      shape: graph.shape,
      record,
      values: finiteNames(values),
      ...(this.first && { first: [...this.first] }),
    };
  }

  /** Scores that `toJSON` wrote. */
  static fromJSON({ shape, record, values, first }: EdgeScoresJSON): EdgeScores {
    return new EdgeScores(new EdgeGraph(shape), numbersNamed(values), record, { first });
  }

  #circuit(edges: Iterable<number>, how: string): Circuit {
    const names = Array.from(edges, (edge) => this.graph.edgeName(edge));
    return Circuit.ofEdges(this.graph.shape, names, {
      name: `${this.record.method}, ${how}`,
      version: "1",
    });
  }
}

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
