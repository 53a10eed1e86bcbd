/** @file Sums that hold a massive activation: what is replaced leaves no residue, in any engine and on float32. */

import { node } from "@diopter/model/node";
import { Random } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import { type AblationValue, ablationOf, mean, resample, zero } from "../../src/ablation/ablation";
import { acdc } from "../../src/discover/acdc/acdc";
import { attributeEdges } from "../../src/discover/attribution/attribute-edges";
import { exactEdges } from "../../src/discover/exact/exact";
import { evaluateCells } from "../../src/evaluate/evaluate";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import {
  circuitOf,
  everyLogit,
  logitsOf,
  onReference,
  randomKept,
  randomTask,
  slowLogits,
} from "../evaluate/slow";
import { bruteForce } from "../helpers/brute-force";
import { massive } from "../helpers/networks";
import { furthest } from "../helpers/rows";

const task = randomTask();
const values: readonly AblationValue[] = [
  zero(),
  resample(),
  mean(),
  mean({ over: "both", by: "all" }),
];
const float32 = node();

describe.each(massive)("of $name", (network) => {
  const graph = new EdgeGraph(shapeOf(network.config));
  const last = network.config.nLayers - 1;
  // The last layer hears nothing and is heard: what zeroing leaves of its input, its norm makes large.
  const deafLastLayer = new Map(
    Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge))
      .filter((name) => !new RegExp(`->[am]${last}`).test(name))
      .map((name) => [name, undefined]),
  );

  test("an MLP writes 2e4 at one token, which some prompts have", () => {
    const largest = task.prompts.map(({ clean }) => {
      const { sources } = bruteForce({ ...network, graph, tokens: clean });
      return Math.max(...sources.get("m0")!.flatMap((row) => [...row].map(Math.abs)));
    });
    expect(Math.max(...largest)).toBeGreaterThan(1e4);
    expect(Math.min(...largest)).toBeLessThan(1e3);
  });

  test("dense and compiled runs are the slow reference's, whatever replaces", async () => {
    const model = await network.load(float32);
    const random = new Random(5).fork(network.name);
    const cells = values.flatMap((value) =>
      (["ablate-clean", "restore-clean"] as const).flatMap((direction) =>
        (["deaf", 0.1, 0.5, 0.9] as const).map((share) => {
          const ablation = ablationOf({ value, direction });
          const kept =
            share === "deaf"
              ? deafLastLayer
              : randomKept(graph, "edge", share, { seed: random.integer(0, 1000) });
          return { ablation, kept, circuit: circuitOf(graph.shape, "edge", kept), share };
        }),
      ),
    );
    for (const engine of ["dense", "compiled"] as const) {
      const metrics = everyLogit(network.config);
      const found = await evaluateCells(model, task, cells, { engine, metrics, batchSize: 4 });
      for (const [i, { kept, ablation, share }] of cells.entries()) {
        const expected = slowLogits({ network, graph, task, kept, ablation });
        const what = JSON.stringify({ engine, ...ablation, share });
        expect(furthest(logitsOf(found[i]!), expected), what).toBeLessThan(3e-5);
      }
    }
  });

  test.each(["mask-gradient", "mask-ig", "eap"] as const)(
    "scores by %s on float32 are those of float64",
    async (method) => {
      const small = { ...task, prompts: task.prompts.slice(0, 2) };
      const model = await network.load(float32);
      const exact = await onReference(network);
      for (const value of [zero(), resample()]) {
        const options = { method, value, ...(method === "mask-ig" && { steps: 2 }) };
        const own = await attributeEdges(model, small, options);
        const wanted = await attributeEdges(exact, small, options);
        const scale = Math.max(...wanted.values.map(Math.abs));
        const off = wanted.values.map((x, edge) => Math.abs(x - own.values[edge]!));
        expect(Math.max(...off) / scale).toBeLessThan(1e-5);
      }
    },
  );

  test("effects of single edges, and a search from a cached prefix, are those of float64", async () => {
    const small = { ...task, prompts: task.prompts.slice(0, 2) };
    const model = await network.load(float32);
    const exact = await onReference(network);
    const own = await exactEdges(model, small, { value: zero() });
    const wanted = await exactEdges(exact, small, { value: zero() });
    const off = wanted.values.map((x, edge) => Math.abs(x - own.values[edge]!));
    expect(Math.max(...off)).toBeLessThan(3e-5);
    const options = { threshold: 1e9, value: zero() } as const; // everything goes
    const found = await acdc(model, small, options);
    const sought = await acdc(exact, small, options);
    const apart = found.runs[0]!.steps.map(({ metric }, i) =>
      Math.abs(metric - sought.runs[0]!.steps[i]!.metric),
    );
    expect(Math.max(...apart)).toBeLessThan(3e-5);
  });
});
