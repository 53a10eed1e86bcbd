import { expect, test } from "vitest";
import { Scores } from "../../src/discover/scores/scores";
import { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import type { GraphShape } from "../../src/graph/shape";
import { knownCircuit, knownCircuits } from "../../src/known/known-circuits";
import { drawCircuit } from "../../src/report/draw-circuit";

const shape: GraphShape = {
  nLayers: 2,
  nHeads: 4,
  nKeyValueHeads: 2,
  attnOnly: false,
  parallel: false,
  inputs: "split",
  embedding: "joint",
};
const graph = new EdgeGraph(shape);
const meta = { name: "toy", version: "1" };
const record = {
  method: "by hand",
  options: {},
  passes: { forward: 0, backward: 0 },
  prompts: 0,
  milliseconds: 0,
};

const tooltips = (svg: string) => [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, t]) => t);

test("hovering names every edge with its input, its score and its positions", () => {
  const circuit = Circuit.ofEdges(
    shape,
    ["input->a0.h1<q>@S2", "input->a0.kv0<v>", "a0.h1->m1", "a0.h1->logits"],
    meta,
  );
  const values = new Float64Array(graph.edgeCount);
  values[graph.edge("input->a0.h1<q>")] = 0.25;
  values[graph.edge("a0.h1->logits")] = -0.5;
  values[graph.edge("a0.h1->m1")] = Number.POSITIVE_INFINITY;
  const found = tooltips(
    drawCircuit(circuit, { scores: new Scores(graph, "edge", values, record) }),
  );
  expect(found).toContain("input to a0.h1 q: 0.25, at S2");
  expect(found).toContain("a0.h1 to logits: −0.5");
  expect(found).toContain("a0.h1 to m1: 0.5, removed at no threshold");
  expect(found).toContain("input to a0.kv0 v: 0");
  expect(found).toContain("a0.kv0, read by a0.h0, a0.h1");
});

test("nodes are joined once whatever inputs their edges enter, and say their scores", () => {
  const circuit = Circuit.ofNodes(shape, ["input", "a0.h1", "a1.h0@END"], meta);
  const values = Float64Array.from(graph.sources, (_, i) => i);
  const found = tooltips(
    drawCircuit(circuit, { scores: new Scores(graph, "node", values, record) }),
  );
  // sources: input, a0.h0, a0.h1, a0.h2, a0.h3, m0, a1.h0
  expect(found).toContain("a0.h1, score 2");
  expect(found).toContain("a1.h0, score 6, at END");
  expect(found.filter((text) => text === "input to a0.h1")).toHaveLength(1);
});

test("scores of other elements are refused", () => {
  const circuit = Circuit.ofNodes(shape, ["a0.h1"], meta);
  const scores = new Scores(graph, "edge", new Float64Array(graph.edgeCount), record);
  expect(() => drawCircuit(circuit, { scores })).toThrow(RangeError);
});

test.each(Object.keys(knownCircuits))("%s is drawn, or says how much of it is", (name) => {
  const circuit = knownCircuit(name);
  const svg = drawCircuit(circuit);
  const label = /aria-label="([^"]*)"/.exec(svg)![1]!;
  expect(label).toMatch(/\d+ nodes, \d+ edges|300 of \d+ edges drawn/);
  if (circuit.component === "edge") expect(label).toContain(`${circuit.size} edges`);
});
