/** @file Exact effects against EAP-IG, against evaluation, and in both directions. */

import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { describe, expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../../test/golden";
import { mean, resample, zero } from "../../../src/ablation/ablation";
import { exactEdges, exactNodes } from "../../../src/discover/exact/exact";
import { rerank } from "../../../src/discover/exact/rerank";
import { Scores } from "../../../src/discover/scores/scores";
import { evaluate } from "../../../src/evaluate/evaluate";
import { randomTask } from "../../evaluate/slow";
import { goldenModel, goldenTask } from "../../helpers/golden-task";
import { gqa, linear, ln, parallel } from "../../helpers/networks";
import { andGate, oppositePositions, orGate } from "../../helpers/planted";

const runtime = reference();

describe.each([
  { name: "reference", runtime, tolerance: 1e-9 },
  { name: "node", runtime: node(), tolerance: 1e-4 },
])("on $name", ({ runtime, tolerance }) => {
  test("exact effects of edges are EAP-IG's, resampled and zeroed", async () => {
    const model = await goldenModel(runtime);
    const golden = readTensors(goldenPath("eap/eap_ig.f64.safetensors"));
    const { edges } = readJson<{ edges: string[] }>(goldenPath("eap/eap_ig.json"));
    // EAP-IG's input is the token embedding alone, which only a replacement other than a prompt can tell.
    const zeroed = { value: zero(), embedding: "split" } as const;
    for (const [key, options, name] of [
      ["exact", {}, (edge: string) => edge],
      ["exact.zero", zeroed, (edge: string) => edge.replace(/^input/, "tok_embed")],
    ] as const) {
      if (key === "exact.zero" && runtime.precision === "float32") continue; // slow, and nothing new
      const scores = await exactEdges(model, goldenTask(), options);
      const expected = golden.get(key)!.data as Float64Array;
      const off = edges.map((edge, i) => Math.abs(scores.of(name(edge)) - expected[i]!));
      const largest = Math.max(...expected.map(Math.abs));
      expect(Math.max(...off) / largest, key).toBeLessThan(tolerance);
    }
  });
});

const small = { ...randomTask(4), prompts: randomTask(4).prompts.slice(0, 2) };

test.each([ln, gqa, parallel])(
  "an edge or node of $name has the effect that evaluation gives it, whatever the value, direction and position",
  async (network) => {
    const model = await network.load(runtime);
    const graph = (await exactEdges(model, small, { keep: "prompts" })).graph;
    for (const value of [resample(), zero(), mean()])
      for (const direction of ["ablate-clean", "restore-clean"] as const) {
        const options = { value, direction, keep: "prompts", batchSize: 50 } as const;
        const edges = await exactEdges(model, small, options);
        const nodes = await exactNodes(model, small, options);
        const single = async (circuit: ReturnType<Scores["top"]>) => {
          const cell = await evaluate(model, small, circuit, {
            ablation: { value, direction, set: "circuit", component: circuit.component },
          });
          const none = await evaluate(model, small, circuit.minus(circuit), {
            ablation: { value, direction, set: "circuit", component: circuit.component },
          });
          if (!cell.applicable || !none.applicable) throw new Error("not applicable");
          const sign = direction === "ablate-clean" ? 1 : -1;
          const effects = cell.prompts.map(
            (p, i) =>
              sign *
              (p.circuit["logit-difference"]! - none.prompts[i]!.circuit["logit-difference"]!),
          );
          return effects.reduce((a, b) => a + b) / effects.length;
        };
        const best = edges.top(1).elements[0]!.name;
        expect(edges.of(best)).toBeCloseTo(await single(edges.top(1)), 9);
        expect(Math.abs(edges.of(best))).toBeGreaterThan(0.1);
        const node = nodes.top(1).elements[0]!.name;
        expect(nodes.of(node)).toBeCloseTo(await single(nodes.top(1)), 9);
        expect(edges.values).toHaveLength(graph.edgeCount);
        expect((edges.perPrompt![0]![0]! + edges.perPrompt![1]![0]!) / 2).toBeCloseTo(
          edges.values[0]!,
          6,
        );
      }
  },
);

test("results do not depend on the number of masks in a run", async () => {
  const model = await ln.load(runtime);
  const few = await exactEdges(model, small, { batchSize: 7 });
  const many = await exactEdges(model, small);
  few.values.forEach((x, edge) => {
    expect(x).toBeCloseTo(many.values[edge]!, 12);
  });
  expect(few.record.passes.forward).toBeGreaterThan(many.record.passes.forward);
});

test("in an affine network the effect is the same in both directions, and a head is the sum of what it writes", async () => {
  const model = await linear.load(runtime);
  const ablated = await exactEdges(model, small);
  const restored = await exactEdges(model, small, { direction: "restore-clean" });
  const nodes = await exactNodes(model, small);
  ablated.values.forEach((x, edge) => {
    expect(x).toBeCloseTo(restored.values[edge]!, 9);
  });
  nodes.graph.sources.forEach(({ name }, source) => {
    const own = ablated.values.filter((_, edge) => nodes.graph.ends(edge).source === source);
    expect(nodes.of(name)).toBeCloseTo(
      own.reduce((a, b) => a + b),
      9,
    );
  });
});

test("noising finds both inputs of an AND and none of an OR, restoring the other way round", async () => {
  for (const [{ network, task }, noised, restored] of [
    [andGate, -2, 0], // 1 with both, -1 with one or none
    [orGate, 0, -2], // 1 with one or both, -1 with none; ablating what was restored takes 2 away
  ] as const) {
    const model = await network.load(runtime);
    const down = await exactEdges(model, task);
    const up = await exactEdges(model, task, { direction: "restore-clean" });
    for (const edge of ["a0.h0->m0", "a0.h1->m0"]) {
      expect(down.of(edge)).toBeCloseTo(noised, 9);
      expect(up.of(edge)).toBeCloseTo(restored, 9);
    }
  }
});

test("opposite positions cancel when pooled and are found one by one", async () => {
  const { network, task } = oppositePositions;
  const model = await network.load(runtime);
  const pooled = await exactEdges(model, task);
  const { byPosition, graph } = await exactEdges(model, task, { tokens: "each" });
  const edge = graph.edge("input->a0.h0<v>");
  expect(pooled.values[edge]).toBeCloseTo(0, 9);
  expect(byPosition!.map((row) => Math.round(row[edge]! * 1e9) / 1e9)).toEqual([-1, 1, 0, 0]);
  const heads = await exactNodes(model, task, { tokens: "each" });
  // The head moves everything to the last token before it writes.
  expect(heads.byPosition!.map((row) => Math.round(row[2]! * 1e9) / 1e9 + 0)).toEqual([
    0, 0, 0, -2,
  ]);
});

test("scoring the best again makes them exact and leaves the others behind them in their order", async () => {
  const model = await ln.load(runtime);
  const exact = await exactEdges(model, small);
  const rough = new Scores(
    exact.graph,
    "edge",
    exact.values.map((x, edge) => x * (1 + (edge % 3)) + 0.01),
    { ...exact.record, method: "rough" },
  );
  const again = await rerank(model, small, rough, 10);
  const before = [...rough.ranked()];
  const after = [...again.ranked()];
  expect(new Set(after.slice(0, 10))).toEqual(new Set(before.slice(0, 10)));
  expect(after.slice(10)).toEqual(before.slice(10));
  for (const edge of before.slice(0, 10))
    expect(again.values[edge]).toBeCloseTo(exact.values[edge]!, 12);
  const sizes = after.slice(0, 10).map((edge) => Math.abs(exact.values[edge]!));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  const copy = Scores.fromJSON(JSON.parse(JSON.stringify(again)));
  expect([...copy.ranked()]).toEqual(after);
  expect(again.threshold(0).size).toBe(10);
  await expect(rerank(model, small, rough, 0)).rejects.toThrow("rerank: 0 edges");
});

test("scores survive JSON, infinite ones too, and node scores choose nodes", async () => {
  const model = await ln.load(runtime);
  const nodes = await exactNodes(model, small);
  const copy = Scores.fromJSON(JSON.parse(JSON.stringify(nodes)));
  expect(copy.values).toEqual(nodes.values);
  expect(nodes.top(3).component).toBe("node");
  expect(nodes.top(3).size).toBe(3);
  const kept = new Scores(
    nodes.graph,
    "node",
    nodes.values.map((x, i) => (i < 2 ? Number.POSITIVE_INFINITY : x)),
    nodes.record,
  );
  const back = Scores.fromJSON(JSON.parse(JSON.stringify(kept)));
  expect(back.values).toEqual(kept.values);
  expect([...back.ranked().subarray(0, 2)]).toEqual([0, 1]);
  expect(() => nodes.top(99)).toThrow("scores: 99 nodes of");
});

test("the reverse of a ranking is a ranking", async () => {
  const scores = await exactEdges(await ln.load(runtime), small);
  for (const by of ["absolute", "signed"] as const)
    expect([...scores.reversed({ by }).ranked(by)]).toEqual([...scores.ranked(by)].reverse());
});

test("some edges only have the effects that they have among all, and rank before all others", async () => {
  const model = await ln.load(runtime);
  const all = await exactEdges(model, small, { keep: "prompts" });
  const edges = ["m0->logits", "input->a1.h2<k>", "a0.h1->m1"];
  const some = await exactEdges(model, small, { keep: "prompts", edges });
  for (const name of edges) {
    expect(some.of(name)).toBeCloseTo(all.of(name), 9);
    const at = all.graph.edge(name);
    expect(some.perPrompt![1]![at]).toBeCloseTo(all.perPrompt![1]![at]!, 6);
  }
  expect(
    some
      .top(3)
      .elements.map(({ name }) => name)
      .sort(),
  ).toEqual(edges.toSorted());
  expect(some.record).toMatchObject({ options: { edges: 3 } });
  expect(some.record.passes.forward).toBeLessThan(all.record.passes.forward);
  await expect(exactEdges(model, small, { edges: ["m0->logit"] })).rejects.toThrow('"logits"');
  await expect(exactEdges(model, small, { edges: [] })).rejects.toThrow("edges is empty");
});
