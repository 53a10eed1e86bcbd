/** @file A score for every edge or node, with how it was made, and circuits chosen by it. */

import { brief, checkOptions, counted, firstOf, inspectable, oneLine } from "@diopter/tensor";
import * as v from "valibot";
import { Circuit } from "../../graph/circuit";
import { type CircuitComponent, elementIndex, elementName } from "../../graph/circuit-elements";
import type { FoundBy } from "../../graph/circuit-json";
import { EdgeGraph } from "../../graph/edge-graph";
import { type GraphShape, shapeSchema } from "../../graph/shape";
import {
  exactly,
  fields,
  finite,
  index,
  list,
  named,
  oneOf,
  readAs,
  text,
} from "../../schema/schema";
import { grownFromLogits } from "./grown";
import { type Ranking, rankedBy } from "./ranking";

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

/** JSON has no infinity: what no threshold removed has an infinite score. */
export type ScoreValue = number | "Infinity" | "-Infinity";

export interface ScoresJSON<Of extends CircuitComponent = CircuitComponent> {
  readonly kind: "diopter/scores";
  readonly schema: 1;
  readonly component: Of;
  readonly shape: GraphShape;
  readonly record: ScoreRecord;
  readonly values: readonly ScoreValue[];
  readonly first?: readonly number[];
}

const scoreSchema = v.lazy((score) =>
  typeof score === "string" ? oneOf("Infinity", "-Infinity") : finite,
);

const scoresSchema = fields({
  kind: exactly("diopter/scores"),
  schema: exactly(1),
  component: oneOf("edge", "node"),
  shape: shapeSchema,
  record: fields({
    method: text,
    options: named(v.unknown()),
    passes: fields({ forward: finite, backward: finite }),
    prompts: index,
    seed: v.exactOptional(finite),
    milliseconds: finite,
  }),
  values: list(scoreSchema),
  first: v.optional(list(index)),
});

/**
 * Scores by edge or by node, mean over prompts; a positive score means that ablating the element raises the metric.
 *
 * Ties are broken by index, so that a circuit has the size that was asked for.
 */
export class Scores<Of extends CircuitComponent = CircuitComponent> {
  readonly graph: EdgeGraph;
  readonly component: Of;
  /** [element]: by edge, or by source. */
  readonly values: Float64Array;
  readonly record: ScoreRecord;
  /** [prompt][element], where asked for. */
  readonly perPrompt: readonly Float32Array[] | undefined;
  /** [pos][element], where asked for. */
  readonly byPosition: readonly Float64Array[] | undefined;
  /** Elements that rank before all others whatever their scores, such as those that were scored again exactly. */
  readonly first: ReadonlySet<number> | undefined;

  /** @throws RangeError when there is not one number for every element. */
  constructor(
    graph: EdgeGraph,
    component: Of,
    values: Float64Array,
    record: ScoreRecord,
    more: {
      readonly perPrompt?: readonly Float32Array[] | undefined;
      readonly byPosition?: readonly Float64Array[] | undefined;
      readonly first?: Iterable<number> | undefined;
    } = {},
  ) {
    inspectable(this);
    const count = component === "edge" ? graph.edgeCount : graph.sources.length;
    if (values.length !== count)
      throw new RangeError(`scores: ${values.length} scores for ${count} ${component}s`);
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0)
      throw new RangeError(`scores: "${elementName(graph, component, bad)}" has no score (NaN)`);
    this.graph = graph;
    this.component = component;
    this.values = values;
    this.record = record;
    this.perPrompt = more.perPrompt;
    this.byPosition = more.byPosition;
    this.first = more.first && new Set(more.first);
  }

  /** Score of an edge or node by name. */
  of(name: string): number {
    return this.values[elementIndex(this.graph, this.component, name)]!;
  }

  /** Elements from the most to the least important; ties by index. */
  ranked(by: Ranking = "absolute"): Uint32Array {
    const { first } = this;
    return rankedBy(this.values, by, (i) => Number(first !== undefined && !first.has(i)));
  }

  /** The `n` best. Throws `RangeError` when there are fewer. */
  top(n: number, options: { readonly by?: Ranking } = {}): Circuit {
    checkOptions("Scores.top", options, { by: "optional" });
    const { by = "absolute" } = options;
    if (!Number.isInteger(n) || n < 0 || n > this.values.length)
      throw new RangeError(`scores: ${n} ${this.component}s of ${this.values.length}`);
    return this.#circuit(this.ranked(by).subarray(0, n), "top", n, by);
  }

  /** All whose score is at least `least` in size (`absolute`), or at most -`least` (`signed`); of re-ranked scores among `first`. */
  threshold(least: number, options: { readonly by?: Ranking } = {}): Circuit {
    checkOptions("Scores.threshold", options, { by: "optional" });
    const { by = "absolute" } = options;
    const passes = (x: number) => (by === "absolute" ? Math.abs(x) >= least : -x >= least);
    const among = this.first ? [...this.first].sort((a, b) => a - b) : [...this.values.keys()];
    const chosen = among.filter((i) => passes(this.values[i]!));
    return this.#circuit(chosen, "threshold", least, by);
  }

  /**
   * `n` edges grown from the logits: always the best edge into what has been reached (Hanna et al. 2024).
   *
   * @throws TypeError for scores of nodes.
   */
  greedy(this: Scores<"edge">, n: number, options: { readonly by?: Ranking } = {}): Circuit {
    checkOptions("Scores.greedy", options, { by: "optional" });
    const { by = "absolute" } = options;
    if (this.component !== "edge")
      throw new TypeError("scores: expected scores of edges to grow a circuit, got those of nodes");
    return this.#circuit(grownFromLogits(this.graph, this.ranked(by), n), "greedy", n, by);
  }

  /** Scores by which the most important element is the least important, and so on: a control. */
  reversed(options: { readonly by?: Ranking } = {}): Scores<Of> {
    checkOptions("Scores.reversed", options, { by: "optional" });
    const { by = "absolute" } = options;
    const ranked = this.ranked(by);
    const values = new Float64Array(ranked.length);
    // The place in the old order, from 0 for what was best, is the importance in the new one.
    ranked.forEach((element, place) => {
      values[element] = by === "absolute" ? place : -place;
    });
    const { method, options: made } = this.record;
    return new Scores(this.graph, this.component, values, {
      ...this.record,
      method: `${method}, reversed`,
      options: { ...made, reversed: by },
    });
  }

  toJSON(): ScoresJSON<Of> {
    const { component, record, values, graph } = this;
    return {
      kind: "diopter/scores",
      schema: 1,
      component,
      shape: graph.shape,
      record,
      values: Array.from(values, (x) =>
        Number.isFinite(x) ? x : x > 0 ? ("Infinity" as const) : ("-Infinity" as const),
      ),
      ...(this.first && { first: [...this.first] }),
    };
  }

  /** Scores that `toJSON` wrote. Throws `TypeError` or `RangeError` naming the field that is wrong. */
  static fromJSON(json: unknown): Scores<"edge"> | Scores<"node"> {
    const { component, shape, record, values, first } = readAs(scoresSchema, json, "scores JSON");
    const graph = new EdgeGraph(shape);
    const outside = first?.find((element) => element >= values.length);
    if (outside !== undefined)
      throw new RangeError(
        `scores JSON: first: ${outside} is none of ${values.length} ${component}s`,
      );
    return new Scores(graph, component, Float64Array.from(values, Number), record, {
      first,
    }) as Scores<"edge"> | Scores<"node">;
  }

  /** Method, size and first scores, on one line. */
  toString(): string {
    const { values, component, record } = this;
    const of = `${counted(values.length, component)}, ${counted(record.prompts, "prompt")}`;
    return oneLine(`Scores by ${brief(record.method, 40)} of ${of}${firstOf(values)}`);
  }

  #circuit(
    elements: Iterable<number>,
    choice: FoundBy["choice"],
    of: number,
    by: Ranking,
  ): Circuit {
    const { graph, component, record } = this;
    const names = Array.from(elements, (i) => elementName(graph, component, i));
    const { method, options } = record;
    const how = `${choice === "threshold" ? "at least" : choice} ${of}, ${by}`;
    const found = { method, options, choice, of, by };
    const meta = { name: `${method}, ${how}`, version: "1", found };
    return component === "edge"
      ? Circuit.ofEdges(graph.shape, names, meta)
      : Circuit.ofNodes(graph.shape, names, meta);
  }
}
