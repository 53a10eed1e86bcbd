/** @file The graph JSON of EAP-IG and the Mechanistic Interpretability Benchmark (Hanna et al. 2024; Mueller et al. 2025). */

import { quoted } from "@diopter/graph";
import { checkOptions } from "@diopter/tensor";
import * as v from "valibot";
import {
  fields,
  finite,
  flag,
  list,
  maybe,
  named,
  parseJSON,
  readAs,
  size,
} from "../../schema/schema";
import { Circuit, type CircuitMeta, metaKeys } from "../circuit";
import { EdgeGraph } from "../edge-graph";
import type { GraphShape } from "../shape";

/** What EAP-IG's `Graph.to_json` writes. */
export interface EapIgGraph {
  readonly cfg: {
    readonly n_layers: number;
    readonly n_heads: number;
    readonly parallel_attn_mlp: boolean;
    readonly d_model?: number;
  };
  /** Older files have a boolean in place of the object. */
  readonly nodes: Readonly<Record<string, boolean | EapIgEntry>>;
  readonly edges: Readonly<Record<string, EapIgEntry>>;
}

interface EapIgEntry {
  readonly in_graph: boolean;
  readonly score?: number;
}

/** A circuit with its scores: per edge and per source of `circuit.graph`, `NaN` where the file has none. */
export interface ScoredCircuit {
  readonly circuit: Circuit;
  readonly scores: Float64Array;
  readonly nodeScores: Float64Array;
}

/**
 * The circuit and scores of a graph JSON (the object, or the text with Python's `NaN`), as edges unless told otherwise.
 *
 * EAP-IG writes keys and values by head in grouped-query models too: `circuit.toGroups(nKeyValueHeads)` is as Diopter
 * runs them.
 *
 * Throws `TypeError` where something is no graph JSON, and `RangeError` for unknown names (with the nearest) and for
 * circuits of neurons.
 */
export function fromEapIg(
  json: unknown,
  options: CircuitMeta & { readonly component?: "edge" | "node" },
): ScoredCircuit {
  checkOptions("fromEapIg", options, { ...metaKeys, component: "optional" });
  const { component = "edge", ...meta } = options;
  const value = typeof json === "string" ? parseText(json) : json;
  const { cfg, nodes, edges } = readAs(graphSchema, value, "EAP-IG");
  const shape = shapeOfConfig(cfg);
  const graph = new EdgeGraph(shape);
  const scores = new Float64Array(graph.edgeCount).fill(Number.NaN);
  const nodeScores = new Float64Array(graph.sources.length).fill(Number.NaN);
  const keptEdges: string[] = [];
  const keptNodes: string[] = [];
  for (const [name, value] of Object.entries(edges)) {
    const { in_graph, score } = whole(value, "edges", name);
    const edge = graph.edge(name);
    if (score !== undefined) scores[edge] = score;
    if (in_graph) keptEdges.push(name);
  }
  for (const [name, value] of Object.entries(nodes)) {
    if (name === "logits") continue;
    const { in_graph, score } =
      typeof value === "boolean"
        ? { in_graph: value, score: undefined }
        : whole(value, "nodes", name);
    const source = graph.source(name);
    if (score !== undefined) nodeScores[source] = score;
    if (in_graph) keptNodes.push(name);
  }
  const circuit =
    component === "edge"
      ? Circuit.ofEdges(shape, keptEdges, meta)
      : Circuit.ofNodes(shape, keptNodes, meta);
  return { circuit, scores, nodeScores };
}

/**
 * A circuit as graph JSON with every edge of the graph; a node is in it when an edge of it is kept.
 *
 * `scores` are per edge of `circuit.graph` (0 when left out, as EAP-IG starts with), `nodeScores` per source, left out
 * where `NaN`. Throws `RangeError` for shapes that EAP-IG has no names for and for circuits with positions.
 */
export function toEapIg(
  circuit: Circuit,
  options: {
    readonly dModel?: number;
    readonly scores?: ArrayLike<number>;
    readonly nodeScores?: ArrayLike<number>;
  } = {},
): EapIgGraph {
  checkOptions("toEapIg", options, {
    dModel: "optional",
    scores: "optional",
    nodeScores: "optional",
  });
  const { dModel, scores, nodeScores } = options;
  requireNameable(circuit);
  const { graph, shape } = circuit;
  requireLength("scores", scores, graph.edgeCount);
  requireLength("nodeScores", nodeScores, graph.sources.length);
  const kept = circuit.kept();
  const ends = circuit.component === "edge" ? endsOf(circuit) : undefined;
  const nodes: Record<string, EapIgEntry> = {};
  for (const [i, { name }] of graph.sources.entries()) {
    const score = nodeScores?.[i] ?? Number.NaN;
    const in_graph = ends === undefined ? circuit.has(name) : ends.has(name);
    nodes[name] = Number.isNaN(score) ? { in_graph } : { in_graph, score };
  }
  nodes.logits = { in_graph: true };
  const edges: Record<string, EapIgEntry> = {};
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const score = scores?.[edge] ?? 0;
    edges[graph.edgeName(edge)] = { score, in_graph: kept[edge] === 1 };
  }
  const cfg = {
    n_layers: shape.nLayers,
    n_heads: shape.nHeads,
    parallel_attn_mlp: shape.parallel,
    ...(dModel === undefined ? {} : { d_model: dModel }),
  };
  return { cfg, nodes, edges };
}

/** Names of the nodes at the ends of the edges. */
function endsOf(circuit: Circuit): Set<string> {
  return new Set(
    circuit.elements.flatMap(({ name }) => name.split("->").map((end) => end.replace(/<.>$/, ""))),
  );
}

function requireNameable({ shape, hasPositions }: Circuit): void {
  const problem = shape.attnOnly
    ? "every layer has an MLP"
    : shape.inputs === "joint" || shape.nKeyValueHeads !== shape.nHeads
      ? `every head reads queries, keys and values of its own${shape.inputs === "joint" ? "" : "; use toHeads first"}`
      : shape.embedding === "split"
        ? "the embedding is one node"
        : hasPositions
          ? "there are no positions; use toAllTokens first"
          : undefined;
  if (problem !== undefined) throw new RangeError(`EAP-IG: in its graphs ${problem}`);
}

function requireLength(what: string, values: ArrayLike<number> | undefined, length: number): void {
  if (values !== undefined && values.length !== length)
    throw new RangeError(`EAP-IG: ${what}: expected ${length} values, got ${values.length}`);
}

function shapeOfConfig({
  n_layers,
  n_heads,
  parallel_attn_mlp,
}: Omit<EapIgGraph["cfg"], "d_model">): GraphShape {
  return {
    nLayers: n_layers,
    nHeads: n_heads,
    nKeyValueHeads: n_heads,
    attnOnly: false,
    parallel: parallel_attn_mlp,
    inputs: "split",
    embedding: "joint",
  };
}

const entrySchema = fields({
  in_graph: flag,
  /** Infinite scores come from text, where they are written. */
  score: maybe(v.number("a number")),
  neurons: maybe(list(v.union([flag, finite], "booleans"))),
});

const graphSchema = fields({
  cfg: fields({ n_layers: size, n_heads: size, parallel_attn_mlp: flag, d_model: maybe(size) }),
  nodes: named(v.lazy((node) => (typeof node === "boolean" ? flag : entrySchema))),
  edges: named(entrySchema),
});

/** Python writes `NaN` and `Infinity`, which are not JSON: none, and a number too large, which is read as infinite. */
function parseText(text: string): unknown {
  return parseJSON(
    text.replace(
      /([:[,]\s*)(-?)(NaN|Infinity)\b/g,
      (_, before: string, sign: string, word: string) =>
        word === "NaN" ? `${before}null` : `${before}${sign}1e999`,
    ),
    "EAP-IG",
  );
}

/** The entry, unless it is of a part of a node. */
function whole<E extends { readonly neurons?: readonly unknown[] | undefined }>(
  entry: E,
  field: string,
  name: string,
): E {
  const { neurons } = entry;
  if (neurons?.some(Boolean) && neurons.some((kept) => !kept))
    throw new RangeError(
      `EAP-IG: ${field}[${quoted(name)}] keeps some neurons only; circuits of neurons are not read`,
    );
  return entry;
}
