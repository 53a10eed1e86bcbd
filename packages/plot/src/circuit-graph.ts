/** @file Circuit graph: layers upwards, edges by score, positions as columns. */

import { checkOptions } from "@diopter/tensor";
import { max } from "d3-array";
import { type ChartOptions, chart, chartKeys, type Drawing, margin, noData } from "./chart";
import { checkRecord, checkText, checkWidth } from "./check";
import { dashes, graph, inputsOf, lookOf, signOf } from "./circuit-drawing";
import { checkEdges, checkLimit, checkNodes, checkPositions, type Edge } from "./circuit-input";
import { countsInWords, inWords } from "./circuit-words";
import { key } from "./key";
import { round, tag } from "./markup";
import { formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
import { seriesRules } from "./series";
import { paint, type Rule, rule, theme } from "./style";

export interface CircuitNode {
  /** What edges call it, such as `a0.h1@S2`; different for every node. */
  readonly id: string;
  /** What is written on it; the id by default. */
  readonly label?: string | undefined;
  /** Nodes of one layer stand in one row; larger ones higher. */
  readonly layer: number;
  /** The column it stands in; all nodes have one, or none has. */
  readonly position?: string | undefined;
  /** More to say of it on hover. */
  readonly note?: string | undefined;
}

export interface CircuitEdge {
  /** Id of the node below. */
  readonly from: string;
  /** Id of the node above. */
  readonly to: string;
  /** Width by size, and where no edge has an `input`, colour by sign; all edges have one, or none has. */
  readonly score?: number | undefined;
  /** Which input of the upper node it enters, such as `q`: its colour, and where it ends; negative scores are dashed. */
  readonly input?: string | undefined;
  /** More to say of it on hover, such as the positions that it is kept at. */
  readonly note?: string | undefined;
}

export interface CircuitGraphData {
  readonly nodes: readonly CircuitNode[];
  readonly edges: readonly CircuitEdge[];
  /** Columns from left to right; by default in order of appearance. */
  readonly positions?: readonly string[] | undefined;
}

export interface CircuitGraphOptions extends ChartOptions {
  /**
   * Edges drawn at most, by default 300, or 100 in less than 500 pixels: the strongest, earlier ones among equals; without
   * scores those nearest to the top. The chart says how many there are.
   */
  readonly maxEdges?: number | undefined;
  /** What the signs mean, in the key. */
  readonly positiveLabel?: string | undefined;
  readonly negativeLabel?: string | undefined;
  readonly format?: NumberFormat | undefined;
  /** Pixels, 860 by default; a layer that is wider goes on in further rows. 344 fit a phone. */
  readonly width?: number | undefined;
}

const rules: readonly Rule[] = [
  paint(".plus", "stroke", ...theme.positive),
  paint(".minus", "stroke", ...theme.negative),
  paint(".plain", "stroke", ...theme.muted),
  rule(".edge path", "fill:none"),
  rule(".edges", "opacity:.8"),
  // A wide, unseen line takes the pointer, and shows which edge it is on.
  paint(".hit", "stroke", ...theme.ink),
  rule(".hit", "stroke-width:9;opacity:0"),
  rule(".edge:hover .hit", "opacity:.25"),
  paint(".node rect", "fill", "#f2f4f7", "#20262e"),
  paint(".node rect", "stroke", ...theme.muted),
];

/**
 * A circuit as an SVG string; nodes without a drawn edge are left out.
 *
 * @throws TypeError or RangeError naming the argument: `circuitGraph: edges[0].to: unknown node "a9.h9"`.
 * @example
 * circuitGraph({
 *   nodes: [{ id: "input", layer: 0 }, { id: "logits", layer: 1 }],
 *   edges: [{ from: "input", to: "logits", score: 0.4 }],
 * });
 */
export function circuitGraph(data: CircuitGraphData, options: CircuitGraphOptions = {}): string {
  checkRecord("circuitGraph: data", data);
  checkOptions("circuitGraph", options, {
    ...chartKeys,
    maxEdges: "optional",
    positiveLabel: "optional",
    negativeLabel: "optional",
    format: "optional",
    width: "optional",
  });
  const nodes = checkNodes(data.nodes);
  const edges = checkEdges(data.edges, nodes);
  const print = formatter("circuitGraph: format", options.format);
  const positions = checkPositions(nodes, data.positions);
  const words = {
    plus: checkText("circuitGraph: positiveLabel", options.positiveLabel) ?? "positive score",
    minus: checkText("circuitGraph: negativeLabel", options.negativeLabel) ?? "negative score",
  };

  const width = (checkWidth("circuitGraph: width", options.width, 200) ?? 860) - 2 * margin;
  const limit = checkLimit(options.maxEdges) ?? (width < 476 ? 100 : 300);

  const ranked = rankedEdges(edges);
  const drawn = ranked.slice(0, limit);
  const counts = countsInWords(nodes, edges, drawn);
  const inputs = inputsOf(drawn);
  const look = (edge: Edge) => lookOf(edge, inputs);
  const body =
    drawn.length === 0
      ? [noData]
      : withKey(graph(nodes, drawn, positions, { width, print, look }), drawn, {
          inputs,
          words,
          width,
          print,
          counts,
        });
  const summary = [counts, ...ranked.slice(0, 5).map((edge) => inWords(edge, print))].join("; ");
  return chart("circuitGraph", options, { name: "Circuit", summary }, body, [
    ...rules,
    ...seriesRules(inputs.length),
  ]);
}

/** The strongest first; without scores those that end, then those that begin, in the highest layer. */
function rankedEdges(edges: readonly Edge[]): Edge[] {
  const size = ({ score }: Edge) => Math.abs(score ?? 0);
  return [...edges].sort(
    (a, b) =>
      size(b) - size(a) ||
      (a.score === undefined ? b.to.layer - a.to.layer || b.from.layer - a.from.layer : 0),
  );
}

/** The key over the drawing, and the counts under it. */
function withKey(
  drawing: Drawing,
  edges: readonly Edge[],
  {
    inputs,
    words,
    width,
    print,
    counts,
  }: {
    inputs: readonly string[];
    words: { plus: string; minus: string };
    width: number;
    print: (value: number) => string;
    counts: string;
  },
): Drawing[] {
  const line =
    (attributes: Readonly<Record<string, string | number | undefined>>) => (x: number, y: number) =>
      tag("path", { "stroke-width": 3, d: `M${round(x - 8)},${round(y)}h16`, ...attributes });
  const some = (test: (edge: Edge) => boolean) => edges.some(test);
  const signed = inputs.length === 0;
  const entries = [
    ...inputs.map((name, i) => ({ text: `into ${name}`, mark: line({ class: `c${i}` }) })),
    ...(!signed && some(({ input }) => input === undefined)
      ? [{ text: "other edges", mark: line({ class: "plain" }) }]
      : []),
    ...(signed && some((edge) => signOf(edge) === "plus")
      ? [{ text: words.plus, mark: line({ class: "plus" }) }]
      : []),
    ...(some((edge) => signOf(edge) === "minus")
      ? [
          {
            text: words.minus,
            mark: line(
              signed ? { class: "minus" } : { class: "plain", "stroke-dasharray": dashes },
            ),
          },
        ]
      : []),
  ];
  const strongest = max(edges, ({ score }) => Math.abs(score ?? 0)) ?? 0;
  const scored = some(({ score }) => score !== undefined);
  const text = scored ? `${counts}; the widest has a score of size ${print(strongest)}` : counts;
  const room = Math.min(width, Math.max(320, drawing.width));
  return [...(entries.length > 0 ? [key(entries, room)] : []), drawing, paragraph(text, room)];
}
