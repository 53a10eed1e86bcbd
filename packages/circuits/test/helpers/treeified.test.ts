import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { type BruteForceOptions, bruteForce, mixed } from "./brute-force";
import { linear, networks, randomPrompts } from "./networks";
import type { Rows } from "./plain-layers";
import { furthest } from "./rows";
import { treeified } from "./treeified";

const [clean, corrupt] = randomPrompts(2, 4) as [number[], number[]];

test.each(networks)(
  "of $name, ablating the complement is and along paths, restoring the circuit is or",
  (network) => {
    const graph = new EdgeGraph(shapeOf(network.config));
    const run = (tokens: number[], replace?: BruteForceOptions["replace"]) =>
      bruteForce({ ...network, graph, tokens, ...(replace && { replace }) });
    const base = run(clean);
    const other = run(corrupt);
    for (const share of [0.3, 0.8]) {
      const keep = randomMask(graph, share);
      const tree = { ...network, graph, clean, corrupt, keep };
      const ablated = run(
        clean,
        mixed(graph, (edge, pos) => !keep(edge, pos), other.sources),
      );
      const restored = run(corrupt, mixed(graph, keep, base.sources));
      const and = treeified({ ...tree, mode: "and" });
      const or = treeified({ ...tree, mode: "or" });
      expect(furthest(ablated.logits, and)).toBeLessThan(1e-9);
      expect(furthest(restored.logits, or)).toBeLessThan(1e-9);
      expect(furthest(and, or)).toBeGreaterThan(0.05);
    }
  },
);

test("a path that both circuits miss is told apart: kept to the last edge, or from the first", () => {
  const [network] = networks;
  const graph = new EdgeGraph(shapeOf(network!.config));
  const only = graph.edge("a0.h1->logits");
  const tree = { ...network!, graph, clean, corrupt };
  const last = treeified({ ...tree, mode: "or", keep: (edge) => edge === only });
  const and = treeified({ ...tree, mode: "and", keep: (edge) => edge === only });
  const none = bruteForce({ ...network!, graph, tokens: corrupt });
  // No edge from the input is kept, so no path is clean throughout; but every path over a0.h1 -> logits has one.
  expect(furthest(and, none.logits)).toBeLessThan(1e-9);
  expect(furthest(last, none.logits)).toBeGreaterThan(0.05);
});

test("in the affine network a circuit and its complement add up to clean and corrupt", () => {
  const graph = new EdgeGraph(shapeOf(linear.config));
  const base = bruteForce({ ...linear, graph, tokens: clean });
  const other = bruteForce({ ...linear, graph, tokens: corrupt });
  const keep = randomMask(graph, 0.5);
  const dropped = (edge: number, pos: number) => !keep(edge, pos);
  const ablate = bruteForce({
    ...linear,
    graph,
    tokens: clean,
    replace: mixed(graph, dropped, other.sources),
  });
  const restore = bruteForce({
    ...linear,
    graph,
    tokens: corrupt,
    replace: mixed(graph, dropped, base.sources),
  });
  const sum = (a: Rows, b: Rows) => a.map((x, i) => x.map((each, d) => each + b[i]![d]!));
  const left = sum(ablate.logits, restore.logits);
  expect(furthest(left, sum(base.logits, other.logits))).toBeLessThan(1e-9);
  expect(furthest(ablate.logits, base.logits)).toBeGreaterThan(0.1);
});

function randomMask(graph: EdgeGraph, share: number): (edge: number, pos: number) => boolean {
  const random = new Random(5);
  const kept = Array.from({ length: graph.edgeCount * clean.length }, () => random.uniform());
  return (edge, pos) => kept[edge * clean.length + pos]! < share;
}
