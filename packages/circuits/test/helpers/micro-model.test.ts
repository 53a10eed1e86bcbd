import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { bruteForce, mixed } from "./brute-force";
import {
  microCircuit,
  microEdges,
  microNetwork,
  microOutput,
  microRestored,
  microResults,
  microRuns,
  microSums,
} from "./micro-model";

const { clean, corrupt } = microRuns;
const inCircuit = (edge: string) => microCircuit.includes(edge);
const metric = (out: ArrayLike<number>) => out[1]! - out[0]!;

test("the micro model gives (25, 49) and its negative", () => {
  // (1 + 1 + 3)^2 = 25, (1 + 2 + 4)^2 = 49.
  expect(microOutput(clean.input, corrupt.input, () => 0)).toEqual(clean.out);
  expect(microOutput(clean.input, corrupt.input, () => 1)).toEqual(corrupt.out);
});

test("effects are those of one edge at a time", () => {
  for (const { name, effect } of microEdges) {
    const out = microOutput(clean.input, corrupt.input, (edge) => Number(edge === name));
    expect(metric(out) - clean.metric, name).toBe(effect);
  }
  expect(microEdges.reduce((sum, { effect }) => sum + effect, 0)).toBe(microSums.effect);
});

test("mask-IG is the integral of the derivative by one mask, and sums to the total effect", () => {
  for (const { name, maskIg } of microEdges) {
    // The output is linear in each mask, and its slope a polynomial of degree 2 in the others: Simpson is exact.
    const slope = (all: number) => {
      const at = (own: number) =>
        metric(microOutput(clean.input, corrupt.input, (edge) => (edge === name ? own : all)));
      return at(1) - at(0);
    };
    expect((slope(0) + 4 * slope(0.5) + slope(1)) / 6, name).toBeCloseTo(maskIg, 12);
  }
  expect(microEdges.reduce((sum, { maskIg }) => sum + maskIg, 0)).toBeCloseTo(microSums.maskIg, 12);
  expect(corrupt.metric - clean.metric).toBe(microSums.maskIg);
});

test("the circuit gives its four results and the restored edges theirs", () => {
  const from = (run: typeof clean | typeof corrupt, ablated: (edge: string) => boolean) =>
    microOutput(run.input, run === clean ? corrupt.input : clean.input, (e) => Number(ablated(e)));
  expect(from(clean, (edge) => !inCircuit(edge))).toEqual(microResults.ablateComplement);
  expect(from(corrupt, inCircuit)).toEqual(microResults.restoreCircuit);
  expect(from(clean, inCircuit)).toEqual(microResults.ablateCircuit);
  expect(from(corrupt, (edge) => !inCircuit(edge))).toEqual(microResults.restoreComplement);
  microRestored.forEach(({ out }, i) => {
    const restored = microRestored.slice(0, i + 1).map(({ edge }) => edge);
    expect(from(corrupt, (edge) => restored.includes(edge))).toEqual(out);
  });
});

test("as a transformer it is the same", async () => {
  const model = await microNetwork.load(reference());
  const { logits } = await model.run([[0], [1]]);
  expect([...(logits.data as Float64Array)]).toEqual([...clean.out, ...corrupt.out]);
  const graph = new EdgeGraph(shapeOf(microNetwork.config));
  const other = bruteForce({ ...microNetwork, graph, tokens: corrupt.tokens });
  const ablated = (mask: (edge: number) => boolean) =>
    bruteForce({
      ...microNetwork,
      graph,
      tokens: clean.tokens,
      replace: mixed(graph, mask, other.sources),
    }).logits[0]!;
  // 13 edges by values and 16 more by queries and keys, which do nothing.
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const known = microEdges.find(({ name }) => name === graph.edgeName(edge));
    expect(metric(ablated((each) => each === edge)) - clean.metric).toBe(known?.effect ?? 0);
  }
  const circuit = microCircuit.map((name) => graph.edge(name));
  expect([...ablated((edge) => !circuit.includes(edge))]).toEqual(microResults.ablateComplement);
  expect([...ablated((edge) => circuit.includes(edge))]).toEqual(microResults.ablateCircuit);
});
