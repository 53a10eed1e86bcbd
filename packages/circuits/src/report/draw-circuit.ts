/** @file A circuit as a picture: sources by layer, edges by score, q, k and v by colour. */

import { type CircuitEdge, type CircuitNode, circuitGraph } from "@diopter/plot";
import { checkOptions } from "@diopter/tensor";
import type { Circuit } from "../graph/circuit";
import type { EdgeGraph } from "../graph/edge-graph";

/** Scores of a circuit's elements by name, such as `attributeEdges` gives. */
export interface CircuitScores {
  of(name: string): number;
}

export interface DrawCircuitOptions {
  /** The widths of the edges, and which of many are drawn. */
  readonly scores?: CircuitScores | undefined;
  readonly title?: string | undefined;
  /** Edges drawn at most, by default 300, or 100 in less than 500 pixels; the picture says how many there are. */
  readonly maxEdges?: number | undefined;
  /** Pixels, 860 by default; 344 fit a phone. */
  readonly width?: number | undefined;
}

/**
 * A circuit as an SVG string; hovering names an edge with its score and its positions.
 *
 * Of a circuit of nodes, the edges among its nodes are drawn, whatever inputs they enter.
 *
 * @throws RangeError when `scores` do not know an element's name.
 *
 * @example drawCircuit(scores.top(50).pruned().circuit, { scores })
 */
export function drawCircuit(circuit: Circuit, options: DrawCircuitOptions = {}): string {
  checkOptions("drawCircuit", options, {
    scores: "optional",
    title: "optional",
    maxEdges: "optional",
    width: "optional",
  });
  const { scores, ...rest } = options;
  const edges = circuit.component === "edge" ? edgesOf(circuit, scores) : edgesAmong(circuit);
  const nodes = nodesOf(circuit, edges, circuit.component === "node" ? scores : undefined);
  return circuitGraph({ nodes, edges }, { format: ".3~g", ...rest });
}

function edgesOf({ graph, elements }: Circuit, scores: CircuitScores | undefined): CircuitEdge[] {
  const all = scores && elements.map(({ name }) => scores.of(name));
  // What no threshold removed has no size; it is drawn as wide as the widest.
  const largest = Math.max(0, ...(all ?? []).filter(Number.isFinite).map(Math.abs)) || 1;
  return elements.map(({ name, at }, i) => {
    const { source, destination } = graph.ends(graph.edge(name));
    const to = graph.destinations[destination]!;
    const input = /^[qkv]$/.test(to.kind) ? to.kind : undefined;
    const score = all?.[i];
    const endless = score !== undefined && !Number.isFinite(score);
    return {
      from: graph.sources[source]!.name,
      to: to.name.replace(/<.*>$/, ""),
      input,
      score: endless ? Math.sign(score) * largest : score,
      note: [...(endless ? ["removed at no threshold"] : []), ...placesOf(at)].join(", "),
    };
  });
}

/** One edge between any two nodes, joining their inputs. */
function edgesAmong(circuit: Circuit): CircuitEdge[] {
  const { graph, elements } = circuit.toEdges();
  const pairs = new Map<string, CircuitEdge>();
  for (const { name } of elements) {
    const { source, destination } = graph.ends(graph.edge(name));
    const from = graph.sources[source]!.name;
    const to = graph.destinations[destination]!.name.replace(/<.*>$/, "");
    pairs.set(`${from} ${to}`, { from, to });
  }
  return [...pairs.values()];
}

/** The circuit's own nodes, and what else its edges join. */
function nodesOf(
  circuit: Circuit,
  edges: readonly CircuitEdge[],
  scores: CircuitScores | undefined,
): CircuitNode[] {
  const { graph } = circuit;
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const notes = new Map<string, string>();
  if (circuit.component === "node")
    for (const { name, at } of circuit.elements) {
      used.add(name);
      notes.set(
        name,
        [...(scores ? [`score ${scores.of(name)}`] : []), ...placesOf(at)].join(", "),
      );
    }
  const nodes = new Map<string, CircuitNode>();
  for (const { name, kind, layer } of graph.sources)
    nodes.set(name, { id: name, layer: rowOf(kind, layer), note: notes.get(name) });
  for (const { name, kind, layer, index } of graph.destinations) {
    const id = name.replace(/<.*>$/, "");
    if (!nodes.has(id))
      nodes.set(id, { id, layer: rowOf(kind, layer), note: readersOf(graph, id, layer, index) });
  }
  return [...nodes.values()].filter(({ id }) => used.has(id));
}

const placesOf = (at: readonly (string | number)[] | undefined) =>
  at === undefined ? [] : [`at ${at.join(", ")}`];

/** Row from below: embeddings, then heads and MLP of each layer, then the logits, whose layer is one more than the last. */
function rowOf(kind: string, layer: number): number {
  return 2 * (layer + 1) + (kind === "mlp" ? 1 : 0);
}

/** Which heads share a group's keys and values. */
function readersOf(
  { shape }: EdgeGraph,
  id: string,
  layer: number,
  group: number,
): string | undefined {
  if (!/\.kv\d+$/.test(id)) return undefined;
  const size = shape.nHeads / shape.nKeyValueHeads;
  const heads = Array.from({ length: size }, (_, i) => `a${layer}.h${group * size + i}`);
  return `read by ${heads.join(", ")}`;
}
