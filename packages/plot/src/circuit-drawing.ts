/** @file The nodes and edges of a circuit graph as marks. */

import { group, max } from "d3-array";
import { label } from "./axis";
import type { Drawing } from "./chart";
import type { Edge, Node } from "./circuit-input";
import { circuitLayout, type Layout } from "./circuit-layout";
import { inWords } from "./circuit-words";
import { lines, type Markup, round, tag } from "./markup";
import { measure } from "./measure";
import { quoted, visible } from "./visible";

const nodeHeight = 22;
const rowPitch = 58;
const foldPitch = 30; // between rows of one layer
const widest = (edges: number) => (edges > 150 ? 3 : edges > 60 ? 4.5 : 6); // px of the strongest

/** Strokes of negative edges where colour says something else. */
export const dashes = "5 3";

export interface Drawn {
  readonly width: number;
  readonly print: (value: number) => string;
  /** Class and dashes of an edge. */
  readonly look: (edge: Edge) => Readonly<Record<string, string | undefined>>;
}

/** Layers upwards, edges as curves between them. */
export function graph(
  all: readonly Node[],
  edges: readonly Edge[],
  positions: readonly string[],
  { width, print, look }: Drawn,
): Drawing {
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = all.filter((node) => used.has(node));
  const columns = positions.filter((name) => nodes.some(({ position }) => position === name));
  const index = new Map(nodes.map((node, i) => [node, i]));
  const nodeWidth = Math.min(
    110,
    Math.max(40, (max(nodes, (n) => measure(visible(n.label), 11)) ?? 0) + 12),
  );
  const unit = nodeWidth + (width < 476 ? 6 : 12);
  const column = ({ position }: Node) => Math.max(0, columns.indexOf(position ?? ""));
  const room = Math.floor(width / unit);
  const { rows, heights, taken } = folded(nodes, column, room);
  const layout = circuitLayout(
    nodes.map((node, i) => ({ row: rows[i]!, column: column(node) })),
    edges.map(({ from, to }) => ({ from: index.get(from)!, to: index.get(to)! })),
    Math.max(1, columns.length),
    // Room to step aside for edges that pass: a chain would hide them all.
    columns.length > 0 ? 0 : Math.max(0, Math.min(2, room - taken)),
  );
  const bottom = heights.at(-1)! + nodeHeight;
  const plain = columns.length === 0;
  const left = plain ? Math.min(...layout.x) - 0.5 : 0;
  const right = plain ? Math.max(...layout.x) + 0.5 : layout.columns.at(-1)!;
  const place = (node: Node) => ({
    x: (layout.x[index.get(node)!]! - left) * unit,
    y: bottom - heights[rows[index.get(node)!]!]! - nodeHeight / 2,
  });
  const ports = portsOf(edges, nodeWidth);
  const strongest = max(edges, ({ score }) => Math.abs(score ?? 0)) || 1;
  const edgeMark = (edge: Edge): Markup => {
    const [a, b] = [place(edge.from), place(edge.to)];
    const end = b.x + ports(edge);
    const [start, stop] = [a.y - nodeHeight / 2, b.y + nodeHeight / 2];
    const bend = (start - stop) * 0.45;
    const d = `M${round(a.x)},${round(start)}C${round(a.x)},${round(start - bend)} ${round(end)},${round(stop + bend)} ${round(end)},${round(stop)}`;
    const size =
      edge.score === undefined
        ? edges.length > 60
          ? 1
          : 1.5
        : Math.max(0.8, (widest(edges.length) * Math.abs(edge.score)) / strongest);
    return tag(
      "g",
      { class: "edge" },
      tag("title", {}, inWords(edge, print)),
      tag("path", { class: "hit", d }),
      tag("path", { ...look(edge), "stroke-width": size, d }),
    );
  };
  return {
    width: (right - left) * unit,
    height: bottom + (plain ? 0 : 24),
    marks: [
      ...columnMarks(columns, layout, unit, bottom),
      // Weakest first, so that strong edges lie over weak ones.
      tag("g", { class: "edges" }, lines([...edges].reverse().map(edgeMark))),
      ...nodes.map((node) => nodeMark(node, place(node), nodeWidth)),
    ],
  };
}

/** Row of each node, height of each row and units taken by all columns: a layer with more nodes than fit beside each other takes several rows. */
function folded(
  nodes: readonly Node[],
  column: (node: Node) => number,
  room: number,
): { rows: number[]; heights: number[]; taken: number } {
  const layers = [...group(nodes, ({ layer }) => layer)]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => [...group(members, column)]);
  const widths: number[] = [];
  for (const [at, { length }] of layers.flat()) widths[at] = Math.max(widths[at] ?? 1, length);
  const total = () => widths.reduce((sum, w) => sum + w, 0);
  while (total() > room && Math.max(...widths) > 1)
    widths[widths.indexOf(Math.max(...widths))]! -= 1;

  const rowOf = new Map<Node, number>();
  const heights: number[] = [];
  for (const cells of layers) {
    const first = heights.length;
    const count = Math.max(...cells.map(([at, { length }]) => Math.ceil(length / widths[at]!)));
    for (let i = 0; i < count; i++)
      heights.push(first + i === 0 ? 0 : heights.at(-1)! + (i === 0 ? rowPitch : foldPitch));
    for (const [, members] of cells) {
      const each = Math.ceil(members.length / count);
      for (const [i, node] of members.entries()) rowOf.set(node, first + Math.floor(i / each));
    }
  }
  return { rows: nodes.map((node) => rowOf.get(node)!), heights, taken: total() };
}

export function nodeMark(node: Node, { x, y }: { x: number; y: number }, width: number): Markup {
  const at = node.position === undefined ? "" : ` at ${quoted(node.position)}`;
  return tag(
    "g",
    { class: "node" },
    tag("title", {}, `${quoted(node.label)}${at}${node.note ? `, ${node.note}` : ""}`),
    tag("rect", { x: x - width / 2, y: y - nodeHeight / 2, width, height: nodeHeight, rx: 4 }),
    label(node.label, width - 6, { class: "ink middle", x, y: y + 4 }),
  );
}

export function columnMarks(
  columns: readonly string[],
  layout: Layout,
  unit: number,
  bottom: number,
): Markup[] {
  return columns.flatMap((name, i) => {
    const [start, end] = [layout.columns[i]! * unit, layout.columns[i + 1]! * unit];
    return [
      ...(i === 0
        ? []
        : [
            tag("path", {
              class: "line",
              d: `M${Math.round(start)}.5,0V${bottom + 20}`,
              "stroke-dasharray": "2 4",
            }),
          ]),
      label(name, end - start - 4, { class: "muted middle", x: (start + end) / 2, y: bottom + 18 }),
    ];
  });
}

/** Where along the lower side of a node each of its inputs is, from the middle. */
export function portsOf(edges: readonly Edge[], nodeWidth: number): (edge: Edge) => number {
  const entering = group(edges, ({ to }) => to);
  const names = new Map(
    Array.from(entering, ([node, own]) => [
      node,
      [...inputsOf(own), ...(own.some(({ input }) => input === undefined) ? [undefined] : [])],
    ]),
  );
  return ({ to, input }) => {
    const inputs = names.get(to)!;
    return ((inputs.indexOf(input) + 0.5) / inputs.length - 0.5) * (nodeWidth - 12);
  };
}

/** Inputs that edges enter: q, k and v, then others by name. */
export function inputsOf(edges: readonly Edge[]): string[] {
  const order = ["q", "k", "v"];
  const rank = (name: string) => (order.includes(name) ? `${order.indexOf(name)}` : `3${name}`);
  return [...new Set(edges.flatMap(({ input }) => input ?? []))].sort((a, b) =>
    rank(a) < rank(b) ? -1 : 1,
  );
}

/** Colour by input, else by sign. */
export function lookOf(edge: Edge, inputs: readonly string[]): ReturnType<Drawn["look"]> {
  if (inputs.length === 0) return { class: signOf(edge) };
  return {
    class: edge.input === undefined ? "plain" : `c${inputs.indexOf(edge.input)}`,
    "stroke-dasharray": signOf(edge) === "minus" ? dashes : undefined,
  };
}

export function signOf({ score }: Edge): "plus" | "minus" | "plain" {
  if (score === undefined || score === 0) return "plain";
  return score > 0 ? "plus" : "minus";
}
