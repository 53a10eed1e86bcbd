import type { ModelConfig } from "@diopter/model";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { shape } from "./shapes";

test("sources and destinations are ordered as they write and read (G1, G2)", () => {
  const graph = new EdgeGraph(shape(2, 2));
  expect(graph.sources.map(({ name }) => name)).toEqual([
    ...["input", "a0.h0", "a0.h1", "m0"],
    ...["a1.h0", "a1.h1", "m1"],
  ]);
  expect(graph.destinations.map(({ name }) => name)).toEqual([
    ...["a0.h0<q>", "a0.h1<q>", "a0.h0<k>", "a0.h1<k>", "a0.h0<v>", "a0.h1<v>", "m0"],
    ...["a1.h0<q>", "a1.h1<q>", "a1.h0<k>", "a1.h1<k>", "a1.h0<v>", "a1.h1<v>", "m1"],
    "logits",
  ]);
});

test("a destination reads every source that writes before it (G2)", () => {
  const graph = new EdgeGraph(shape(2, 2));
  const reads = (name: string) => graph.destinations[graph.destination(name)]?.reads;
  expect(reads("a0.h1<k>")).toBe(1); // input
  expect(reads("m0")).toBe(3); // input, two heads
  expect(reads("a1.h0<q>")).toBe(4); // and m0
  expect(reads("m1")).toBe(6);
  expect(reads("logits")).toBe(7);
});

// sum over layers l of q·H·(1 + l(H+1)) + (1 + l(H+1) + H), plus 1 + L(H+1) for the logits; q = 3 or 1.
test.each([
  ["GPT-2 small", shape(12, 12), 32_491],
  ["GPT-2 small, joint", shape(12, 12, { inputs: "joint" }), 11_611],
  ["attn-only-4l", shape(4, 8, { attnOnly: true }), 1_281],
  ["Pythia-160m", shape(12, 12, { parallel: true }), 32_347],
  ["Pythia-2.8B, joint", shape(32, 32, { parallel: true, inputs: "joint" }), 542_257],
  ["Tracr reverse", shape(4, 1), 77],
  ["Tracr x-proportion", shape(2, 1), 23],
])("counts the edges of %s (G3)", (_, of, edges) => {
  expect(new EdgeGraph(of).edgeCount).toBe(edges);
});

test("grouped keys and values are one destination per group (G3)", () => {
  const graph = new EdgeGraph(shape(1, 4, { nKeyValueHeads: 2 }));
  expect(graph.destinations.map(({ name }) => name)).toEqual([
    ...["a0.h0<q>", "a0.h1<q>", "a0.h2<q>", "a0.h3<q>"],
    ...["a0.kv0<k>", "a0.kv1<k>", "a0.kv0<v>", "a0.kv1<v>"],
    ...["m0", "logits"],
  ]);
  expect(graph.edgeCount).toBe(8 + 5 + 6); // input into 8 inputs; 5 into the MLP; 6 into the logits
});

test("split embeddings are two sources, both read by all (G1)", () => {
  const graph = new EdgeGraph(shape(2, 1, { embedding: "split" }));
  expect(graph.sources.slice(0, 2).map(({ kind }) => kind)).toEqual(["token", "position"]);
  expect(graph.edgeCount).toBe(23 + graph.destinations.length);
});

test("edges go from name to index and back", () => {
  const graph = new EdgeGraph(shape(3, 2));
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const { source, destination } = graph.ends(edge);
    expect(graph.edge(graph.edgeName(edge))).toBe(edge);
    expect(graph.edgeBetween(source, destination)).toBe(edge);
  }
});

test("unknown names are errors with the nearest name (G8)", () => {
  const graph = new EdgeGraph(shape(2, 2));
  expect(() => graph.source("a0.h2")).toThrow(
    new RangeError('circuit: no source "a0.h2"; did you mean "a0.h0"?'),
  );
  expect(() => graph.destination("logit")).toThrow(
    new RangeError('circuit: no destination "logit"; did you mean "logits"?'),
  );
  expect(() => graph.edge("input->a0.h0<w>")).toThrow(/did you mean "a0\.h0<q>"\?/);
  expect(() => graph.edge("input")).toThrow(
    new RangeError('circuit: "input" is not an edge; expected "source->destination"'),
  );
  expect(() => graph.edge("input->m0->logits")).toThrow(/is not an edge/);
});

test("edges that run backwards are errors, with sequential and parallel blocks (G3, G8)", () => {
  expect(new EdgeGraph(shape(2, 2)).edge("a1.h0->m1")).toBeGreaterThan(0);
  expect(() => new EdgeGraph(shape(2, 2, { parallel: true })).edge("a1.h0->m1")).toThrow(
    new RangeError('circuit: no edge "a1.h0->m1": a1.h0 writes after m1 reads'),
  );
  expect(() => new EdgeGraph(shape(2, 2)).edge("m1->a1.h0<q>")).toThrow(/m1 writes after/);
});

const config = {
  family: "gpt2",
  nLayers: 12,
  nHeads: 12,
  nKeyValueHeads: 12,
  attnOnly: false,
  parallelAttnMlp: false,
  normPlacement: "pre",
  positionalEmbeddingType: "standard",
} as ModelConfig;

test("the shape of a model has split inputs and one embedding unless told otherwise", () => {
  expect(shapeOf(config)).toEqual(shape(12, 12));
  expect(shapeOf(config, { inputs: "joint", embedding: "split" })).toEqual(
    shape(12, 12, { inputs: "joint", embedding: "split" }),
  );
});

test("models whose outputs do not add up are refused (G3)", () => {
  for (const normPlacement of ["post", "output", "both"] as const)
    expect(() => shapeOf({ ...config, family: "bert", normPlacement })).toThrow(
      /edges need outputs that add up unnormed, but bert norms them/,
    );
});

test("joint inputs of grouped-query attention and split rotary embeddings are refused (G1, G3)", () => {
  expect(() => shapeOf({ ...config, nKeyValueHeads: 4 }, { inputs: "joint" })).toThrow(
    "circuit: heads that share keys and values have no joint input: 12 heads, 4 of keys and values",
  );
  expect(() =>
    shapeOf(
      { ...config, family: "llama", positionalEmbeddingType: "rotary" },
      { embedding: "split" },
    ),
  ).toThrow("circuit: llama has no position embedding to split from the token embedding");
});
