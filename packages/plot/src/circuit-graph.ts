/** @file Circuit graph: layers upwards, edges by score, positions as columns. */

import { checkOptions } from "@diopter/tensor";
import { max } from "d3-array";
import { type ChartOptions, chart, chartKeys, type Drawing, noData } from "./chart";
import { checkRecord, checkText } from "./check";
import { graph, signOf } from "./circuit-drawing";
import { checkEdges, checkLimit, checkNodes, checkPositions, type Edge } from "./circuit-input";
import { countsInWords, inWords } from "./circuit-words";
import { key, stroke } from "./key";
import { tag } from "./markup";
import { formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
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
}

export interface CircuitEdge {
  /** Id of the node below. */
  readonly from: string;
  /** Id of the node above. */
  readonly to: string;
  /** Width by size, colour by sign; all edges have one, or none has. */
  readonly score?: number | undefined;
  /** Which input of the upper node it enters, such as `q`; inputs stand beside each other. */
  readonly input?: string | undefined;
}

export interface CircuitGraphData {
  readonly nodes: readonly CircuitNode[];
  readonly edges: readonly CircuitEdge[];
  /** Columns from left to right; by default in order of appearance. */
  readonly positions?: readonly string[] | undefined;
}

export interface CircuitGraphOptions extends ChartOptions {
  /** Edges drawn at most, 300 by default; the strongest, earlier ones among equals. The chart says how many there are. */
  readonly maxEdges?: number | undefined;
  /** What the signs mean, in the key. */
  readonly positiveLabel?: string | undefined;
  readonly negativeLabel?: string | undefined;
  readonly format?: NumberFormat | undefined;
}

const rules: readonly Rule[] = [
  paint(".plus", "stroke", ...theme.positive),
  paint(".minus", "stroke", ...theme.negative),
  paint(".plain", "stroke", ...theme.muted),
  rule([".plus", ".minus", ".plain"], "fill:none"),
  rule(".edges", "opacity:.75"),
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
  });
  const nodes = checkNodes(data.nodes);
  const edges = checkEdges(data.edges, nodes);
  const print = formatter("circuitGraph: format", options.format);
  const limit = checkLimit(options.maxEdges);
  const positions = checkPositions(nodes, data.positions);
  const words = {
    plus: checkText("circuitGraph: positiveLabel", options.positiveLabel) ?? "positive score",
    minus: checkText("circuitGraph: negativeLabel", options.negativeLabel) ?? "negative score",
  };

  const strongest = [...edges].sort((a, b) => Math.abs(b.score ?? 0) - Math.abs(a.score ?? 0));
  const drawn = strongest.slice(0, limit);
  const body =
    drawn.length === 0
      ? [noData]
      : withKey(
          graph(nodes, drawn, positions, print),
          drawn,
          words,
          print,
          countsInWords(nodes, edges, drawn),
        );
  const summary = [
    countsInWords(nodes, edges, drawn),
    ...strongest.slice(0, 5).map((edge) => inWords(edge, print)),
  ].join("; ");
  return chart("circuitGraph", options, { name: "Circuit", summary }, body, rules);
}

function withKey(
  drawing: Drawing,
  edges: readonly Edge[],
  words: { plus: string; minus: string },
  print: (value: number) => string,
  counts: string,
): Drawing[] {
  const width = Math.max(338, drawing.width);
  const present = (sign: "plus" | "minus") => edges.some((edge) => signOf(edge) === sign);
  const signs = (["plus", "minus"] as const).filter(present);
  const strongest = max(edges, ({ score }) => Math.abs(score ?? 0)) ?? 0;
  const scored = edges.some(({ score }) => score !== undefined);
  const thick = (className: string) => (x: number, y: number) => {
    const { markup } = [stroke(className)(x, y)].flat()[0]!;
    return tag("g", { "stroke-width": 3 }, { markup });
  };
  const text = scored ? `${counts}; the widest has a score of size ${print(strongest)}` : counts;
  return [
    ...(signs.length > 0
      ? [
          key(
            signs.map((sign) => ({ text: words[sign], mark: thick(sign) })),
            width,
          ),
        ]
      : []),
    drawing,
    paragraph(text, width),
  ];
}
