import { expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../../test/golden";
import { Circuit } from "../../../src/graph/circuit";
import { fromEapIg, toEapIg } from "../../../src/graph/names/eap-ig";
import { shape } from "../shapes";

const meta = { name: "toy", version: "1", source: "by hand" };
const cfg = { n_layers: 1, n_heads: 1, parallel_attn_mlp: false, d_model: 8 };

const json = {
  cfg,
  nodes: {
    input: { in_graph: true, score: 0.5 },
    "a0.h0": { in_graph: false },
    m0: { in_graph: true, score: -2 },
    logits: { in_graph: true },
  },
  edges: {
    "input->a0.h0<q>": { score: 0.25, in_graph: false },
    "input->m0": { score: -3, in_graph: true },
    "m0->logits": { score: 1, in_graph: true },
  },
};

test("a graph JSON is a circuit with scores, NaN where there are none (G4)", () => {
  const { circuit, scores, nodeScores } = fromEapIg(json, meta);
  expect(circuit.elements).toEqual([{ name: "input->m0" }, { name: "m0->logits" }]);
  expect(circuit).toMatchObject({ ...meta, shape: shape(1, 1) });
  // Edges: three into a0.h0, two into m0, three into the logits.
  expect([...scores]).toEqual([0.25, Number.NaN, Number.NaN, -3, ...Array(3).fill(Number.NaN), 1]);
  expect([...nodeScores]).toEqual([0.5, Number.NaN, -2]);
});

test("the nodes of a graph JSON are a node circuit when asked for (G4)", () => {
  const { circuit } = fromEapIg(json, { ...meta, component: "node" });
  expect(circuit.elements).toEqual([{ name: "input" }, { name: "m0" }]);
});

test("older files have a boolean for each node (G4)", () => {
  const nodes = { input: true, "a0.h0": false, m0: true, logits: true };
  const { circuit } = fromEapIg({ ...json, nodes }, { ...meta, component: "node" });
  expect(circuit.elements).toEqual([{ name: "input" }, { name: "m0" }]);
});

test("a file as Python writes it is read, NaN being no score (G4)", () => {
  const text = JSON.stringify(json).replace(":0.5", ": NaN").replace(":-3", ": -Infinity");
  const { circuit, scores, nodeScores } = fromEapIg(text, meta);
  expect(circuit.size).toBe(2);
  expect(scores[circuit.graph.edge("input->m0")]).toBe(Number.NEGATIVE_INFINITY);
  expect([...nodeScores]).toEqual([Number.NaN, Number.NaN, -2]);
});

test("circuits and scores survive the way out and back (G4)", () => {
  const circuit = Circuit.ofEdges(shape(2, 2), ["input->a1.h1<k>", "a1.h1->logits"], meta);
  const scores = Float64Array.from({ length: circuit.graph.edgeCount }, (_, edge) => edge - 7);
  const nodeScores = [1, 2, Number.NaN, 4, 5, 6, 7];
  const graph = toEapIg(circuit, { dModel: 8, scores, nodeScores });
  const back = fromEapIg(JSON.parse(JSON.stringify(graph)), meta);
  expect(back.circuit.toJSON()).toEqual(circuit.toJSON());
  expect(back.scores).toEqual(scores);
  expect([...back.nodeScores]).toEqual(nodeScores);
  expect(graph.cfg).toEqual({ n_layers: 2, n_heads: 2, parallel_attn_mlp: false, d_model: 8 });
  expect(Object.keys(graph.nodes).filter((name) => graph.nodes[name] !== undefined)).toHaveLength(
    8,
  );
  const inGraph = Object.entries(graph.nodes).filter(
    ([, node]) => typeof node === "object" && node.in_graph,
  );
  expect(inGraph.map(([name]) => name)).toEqual(["input", "a1.h1", "logits"]);
});

test("a node circuit goes out as its members and every edge from them (G4)", () => {
  const { nodes, edges } = toEapIg(Circuit.ofNodes(shape(1, 1), ["a0.h0"], meta));
  expect(nodes["a0.h0"]).toEqual({ in_graph: true });
  expect(nodes.input).toEqual({ in_graph: false });
  expect(edges["a0.h0->m0"]).toEqual({ score: 0, in_graph: true });
  expect(edges["input->m0"]?.in_graph).toBe(false);
});

test.each([
  [{ cfg: undefined, cfgs: cfg }, 'EAP-IG: cfg: missing; did you mean "cfgs"?'],
  [{ cfg: { ...cfg, n_layers: "12" } }, 'cfg.n_layers: expected a positive integer, got "12"'],
  [{ cfg: { ...cfg, parallel_attn_mlp: 0 } }, "cfg.parallel_attn_mlp: expected a boolean, got 0"],
  [{ edges: { "input->m0": { score: 1 } } }, 'edges["input->m0"].in_graph: missing'],
  [{ edges: { "input->m0": { score: "1", in_graph: true } } }, 'score: expected a number, got "1"'],
  [{ edges: { "input->m9": { score: 1, in_graph: false } } }, 'no destination "m9"'],
  [{ nodes: { "a0.h4": { in_graph: true } } }, 'no source "a0.h4"; did you mean "a0.h0"?'],
  [{ nodes: { m0: { in_graph: true, neurons: [true, false] } } }, "keeps some neurons only"],
])("a wrong field is named: %j (G4, G8)", (change, message) => {
  expect(() => fromEapIg({ ...json, ...change }, meta)).toThrow(message);
});

test("an edge of an unknown name is an error without a score too (G8)", () => {
  const edges = { "input->m9": { in_graph: false } };
  expect(() => fromEapIg({ ...json, edges }, meta)).toThrow('no destination "m9"');
});

test("graphs that EAP-IG cannot say are refused (G4)", () => {
  const out = (more: object, edges = ["input->logits"]) =>
    toEapIg(Circuit.ofEdges(shape(2, 2, more), edges, meta));
  expect(() => out({ attnOnly: true })).toThrow("EAP-IG: in its graphs every layer has an MLP");
  expect(() => out({ inputs: "joint" })).toThrow("queries, keys and values of its own");
  expect(() => out({ nKeyValueHeads: 1 })).toThrow("queries, keys and values of its own");
  expect(() => out({ embedding: "split" }, ["tok_embed->logits"])).toThrow("embedding is one node");
  expect(() => out({}, ["input->logits@3"])).toThrow("no positions; use toAllTokens first");
});

test("scores of another length are refused", () => {
  const circuit = Circuit.ofEdges(shape(1, 1), [], meta);
  expect(() => toEapIg(circuit, { scores: [1] })).toThrow("scores: expected 8 values, got 1");
  expect(() => toEapIg(circuit, { nodeScores: [1] })).toThrow(
    "nodeScores: expected 3 values, got 1",
  );
});

test("the names of a real EAP-IG graph are all of ours (G1, G2, G4)", () => {
  const { edges, nodes } = readJson<{ edges: string[]; nodes: string[] }>(
    goldenPath("eap/eap_ig.json"),
  );
  const { graph, size } = Circuit.ofEdges(shape(3, 4), edges, meta);
  expect([size, graph.edgeCount]).toEqual([edges.length, edges.length]);
  expect(graph.sources.map(({ name }) => name)).toEqual(nodes);
  const out = toEapIg(Circuit.ofEdges(shape(3, 4), edges, meta));
  expect(Object.keys(out.edges).sort()).toEqual([...edges].sort());
});
