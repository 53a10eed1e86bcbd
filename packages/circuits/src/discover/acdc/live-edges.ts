/** @file Which edges can still reach the logits while edges are taken away one by one. */

import { fedSources, inputsOf } from "../../graph/components";
import type { EdgeGraph } from "../../graph/edge-graph";

/** Counts of live readers, kept up to date: what a removal cuts off is found at once. */
export class LiveEdges {
  readonly #graph: EdgeGraph;
  readonly #present: Uint8Array;
  /** By source: kept edges into destinations that matter. */
  readonly #readers: Uint32Array;
  readonly #matters: Uint8Array;
  readonly #inputs: readonly (readonly number[])[];

  constructor(graph: EdgeGraph) {
    this.#graph = graph;
    this.#present = new Uint8Array(graph.edgeCount).fill(1);
    this.#matters = new Uint8Array(graph.destinations.length).fill(1);
    this.#inputs = inputsOf(graph);
    this.#readers = new Uint32Array(graph.sources.length);
    for (const { reads } of graph.destinations)
      for (let source = 0; source < reads; source++) this.#readers[source]!++;
  }

  /** Whether what an edge carries can reach the logits. */
  matters(edge: number): boolean {
    return this.#matters[this.#graph.ends(edge).destination] === 1;
  }

  remove(edge: number): void {
    if (!this.#present[edge]) return;
    this.#present[edge] = 0;
    const { source, destination } = this.#graph.ends(edge);
    if (this.#matters[destination]) this.#loseReader(source);
  }

  #loseReader(source: number): void {
    this.#readers[source]!--;
    if (this.#readers[source]! > 0) return;
    for (const destination of this.#inputs[source]!) this.#check(destination);
  }

  /** A destination matters while something that it feeds is read. */
  #check(destination: number): void {
    if (!this.#matters[destination]) return;
    if (fedSources(this.#graph, destination).some((source) => this.#readers[source]! > 0)) return;
    this.#matters[destination] = 0;
    const { firstEdge, reads } = this.#graph.destinations[destination]!;
    for (let source = 0; source < reads; source++)
      if (this.#present[firstEdge + source]) this.#loseReader(source);
  }
}
