/** @file A score for every source of a graph, with how it was made, and node circuits chosen by it. */

import { Circuit } from "../../graph/circuit";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import type { ScoreRecord } from "./edge-scores";
import type { Ranking } from "./ranking";
import { rankedBy } from "./ranking";
import { finiteNames, numbersNamed, type ScoreValue } from "./score-values";

export interface NodeScoresJSON {
  readonly kind: "diopter/node-scores";
  readonly schema: 1;
  readonly shape: GraphShape;
  readonly record: ScoreRecord;
  readonly values: readonly ScoreValue[];
}

/** Scores by source, mean over prompts; a positive score means that ablating what the node writes raises the metric. */
export class NodeScores {
  readonly graph: EdgeGraph;
  /** [source] */
  readonly values: Float64Array;
  readonly record: ScoreRecord;
  /** [prompt][source], where asked for. */
  readonly perPrompt: readonly Float32Array[] | undefined;
  /** [pos][source], where asked for. */
  readonly byPosition: readonly Float64Array[] | undefined;

  constructor(
    graph: EdgeGraph,
    values: Float64Array,
    record: ScoreRecord,
    more: {
      readonly perPrompt?: readonly Float32Array[] | undefined;
      readonly byPosition?: readonly Float64Array[] | undefined;
    } = {},
  ) {
    const count = graph.sources.length;
    if (values.length !== count)
      throw new RangeError(`node scores: ${values.length} scores for ${count} nodes`);
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0)
      throw new RangeError(`node scores: "${graph.sources[bad]!.name}" has no score (NaN)`);
    this.graph = graph;
    this.values = values;
    this.record = record;
    this.perPrompt = more.perPrompt;
    this.byPosition = more.byPosition;
  }

  /** Score of a node by name. */
  of(node: string): number {
    return this.values[this.graph.source(node)]!;
  }

  /** Sources from the most to the least important; ties by index. */
  ranked(by: Ranking = "absolute"): Uint32Array {
    return rankedBy(this.values, by);
  }

  /** The `n` best nodes. Throws `RangeError` when there are fewer. */
  top(n: number, { by = "absolute" }: { readonly by?: Ranking } = {}): Circuit {
    const { sources, shape } = this.graph;
    if (!Number.isInteger(n) || n < 0 || n > sources.length)
      throw new RangeError(`node scores: ${n} nodes of ${sources.length}`);
    const names = Array.from(this.ranked(by).subarray(0, n), (source) => sources[source]!.name);
    const name = `${this.record.method}, top ${n}, ${by}`;
    return Circuit.ofNodes(shape, names, { name, version: "1" });
  }

  toJSON(): NodeScoresJSON {
    const { record, values, graph } = this;
    return {
      kind: "diopter/node-scores",
      schema: 1,
      shape: graph.shape,
      record,
      values: finiteNames(values),
    };
  }

  /** Scores that `toJSON` wrote. */
  static fromJSON({ shape, record, values }: NodeScoresJSON): NodeScores {
    return new NodeScores(new EdgeGraph(shape), numbersNamed(values), record);
  }
}
