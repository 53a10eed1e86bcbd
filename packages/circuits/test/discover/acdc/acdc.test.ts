/** @file ACDC against AutoCircuit, with and without restarts, interrupted, in several orders, and on planted circuits. */

import { reference } from "@diopter/model/reference";
import { describe, expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../../test/golden";
import { zero } from "../../../src/ablation/ablation";
import { type AcdcState, acdc, edgeOrder } from "../../../src/discover/acdc/acdc";
import { evaluate } from "../../../src/evaluate/evaluate";
import { EdgeGraph } from "../../../src/graph/edge-graph";
import { fromAutoCircuitName } from "../../../src/graph/names/auto-circuit";
import { shapeOf } from "../../../src/graph/shape";
import { goldenModel, goldenTask } from "../../helpers/golden-task";
import { inductionCircuit, inductionNetwork, inductionTask } from "../../helpers/induction";
import { attnOnly, gqa, ln, parallel, sharedNorm } from "../../helpers/networks";
import { andGate, negativeHead } from "../../helpers/planted";
import { twoPrompts } from "../subject";

const runtime = reference();

interface Golden {
  readonly edges: string[];
  readonly acdc: {
    readonly edge_order: number[];
    readonly runs: Readonly<Record<string, number[]>>;
    readonly "grid_scores_tau_1e-3_3e-3_1e-2_3e-2": (number | null)[];
  };
}

describe("as AutoCircuit", () => {
  const golden = () => readJson<Golden>(goldenPath("eap/auto_circuit.json"));
  const firstBatch = () => ({ ...goldenTask(), prompts: goldenTask().prompts.slice(0, 3) });
  const names = () => golden().edges.map(fromAutoCircuitName);
  const order = () => golden().acdc.edge_order.map((edge) => names()[edge]!);

  test("a grid of thresholds keeps the same edges, and scores them by the smallest that took them", async () => {
    const model = await goldenModel(runtime);
    const thresholds = [0.001, 0.003, 0.01, 0.03];
    const { runs, scores } = await acdc(model, firstBatch(), { thresholds, order: order() });
    for (const [i, key] of ["1e-3", "3e-3", "1e-2", "3e-2"].entries()) {
      const expected = golden().acdc.runs[`kl_div.tau${key}`]!.map((edge) => names()[edge]!);
      const kept = runs[i]!.circuit.elements.map(({ name }) => name);
      expect(new Set(kept), key).toEqual(new Set(expected));
    }
    const expected = golden().acdc["grid_scores_tau_1e-3_3e-3_1e-2_3e-2"];
    for (const [i, name] of names().entries())
      expect(scores.of(name)).toBe(expected[i] ?? Number.POSITIVE_INFINITY);
  });

  test("with the squared difference of logits too", async () => {
    const model = await goldenModel(runtime);
    const search = { threshold: 0.1, metric: "mse", order: order() };
    const { circuit } = await acdc(model, firstBatch(), search);
    const expected = golden().acdc.runs["mse.tau1e-1"]!.map((edge) => names()[edge]!);
    expect(new Set(circuit.elements.map(({ name }) => name))).toEqual(new Set(expected));
  });
});

test.each([ln, gqa, parallel, sharedNorm, attnOnly])(
  "restarting at the edge's destination changes nothing but the work on $name",
  async (network) => {
    const model = await network.load(runtime);
    const options = { threshold: 0.02, order: { seed: 3 } };
    const fast = await acdc(model, twoPrompts, options);
    const slow = await acdc(model, twoPrompts, { ...options, restart: false });
    expect(fast.runs[0]!.steps.map(({ removed }) => removed)).toEqual(
      slow.runs[0]!.steps.map(({ removed }) => removed),
    );
    fast.runs[0]!.steps.forEach(({ metric }, i) => {
      expect(metric).toBeCloseTo(slow.runs[0]!.steps[i]!.metric, 9);
    });
    const { kept, tested, unreachable } = fast.runs[0]!;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(fast.order.length);
    expect(tested + unreachable).toBe(fast.order.length);
  },
);

test("the metric that it ends with is that of its circuit", async () => {
  const model = await ln.load(runtime);
  const { runs } = await acdc(model, twoPrompts, { thresholds: [0.01, 1], batchSize: 1 });
  for (const { circuit, steps } of runs) {
    const cell = await evaluate(model, twoPrompts, circuit, { metrics: ["kl"] });
    if (!cell.applicable) throw new Error(cell.reason);
    const mean = cell.prompts.reduce((total, p) => total + p.circuit.kl!, 0) / 2;
    expect(steps.at(-1)!.metric).toBeCloseTo(mean, 9);
  }
  // What is cut off went without a run, and would not have changed anything.
  expect(runs[1]!.unreachable).toBeGreaterThan(0);
  expect(runs[0]!.kept).toBeGreaterThan(runs[1]!.kept);
});

test("an order that jumps about is followed, and never reads what has been ablated from the cache", async () => {
  const model = await ln.load(runtime);
  const graph = new EdgeGraph(shapeOf(ln.config));
  const falling = Array.from(edgeOrder(graph, "default"), (edge) => graph.edgeName(edge));
  const order = [...falling.slice(60), ...falling.slice(0, 60)];
  const fast = await acdc(model, twoPrompts, { threshold: 0.05, order });
  const slow = await acdc(model, twoPrompts, { threshold: 0.05, order, restart: false });
  expect(fast.order).toEqual(order);
  expect(fast.circuit.elements).toEqual(slow.circuit.elements);
  expect(() => edgeOrder(graph, order.slice(1))).toThrow(`leaves out "${order[0]}"`);
  expect(() => edgeOrder(graph, [...order, order[0]!])).toThrow("twice");
});

test("a seed is an order of its own, by falling layer, and it is recorded", async () => {
  const graph = new EdgeGraph(shapeOf(ln.config));
  const [a, b] = [edgeOrder(graph, { seed: 1 }), edgeOrder(graph, { seed: 2 })];
  expect(a).toEqual(edgeOrder(graph, { seed: 1 }));
  expect(a).not.toEqual(b);
  expect(new Set(a).size).toBe(graph.edgeCount);
  const layers = Array.from(a, (edge) => graph.destinations[graph.ends(edge).destination]!.layer);
  expect(layers).toEqual([...layers].sort((x, y) => y - x));
  const model = await ln.load(runtime);
  const { scores, order } = await acdc(model, twoPrompts, { threshold: 0.5, order: { seed: 1 } });
  expect(scores.record.seed).toBe(1);
  expect(order).toEqual(Array.from(a, (edge) => graph.edgeName(edge)));
});

test("an interrupted search goes on where it was and ends the same", async () => {
  const model = await ln.load(runtime);
  const options = { thresholds: [0.02, 0.2] };
  const whole = await acdc(model, twoPrompts, options);
  const controller = new AbortController();
  let last: AcdcState | undefined;
  const stopped = acdc(model, twoPrompts, {
    ...options,
    signal: controller.signal,
    onState: (state) => {
      last = JSON.parse(JSON.stringify(state));
    },
    onProgress: ({ done }) => done === 130 && controller.abort(),
  });
  await expect(stopped).rejects.toThrow();
  expect(last!.data.map((steps) => steps.length)).toEqual([75, 25]); // 100 of 2 x 75
  const resumed = await acdc(model, twoPrompts, { ...options, resume: last! });
  expect(resumed.runs.map(({ steps }) => steps)).toEqual(whole.runs.map(({ steps }) => steps));
  expect(resumed.scores.record.passes.forward).toBeLessThan(whole.scores.record.passes.forward);
  const other = { thresholds: [0.02, 0.3], resume: last! };
  await expect(acdc(model, twoPrompts, other)).rejects.toThrow(
    "acdc: the state to resume is not of this job: its thresholds is [0.02,0.2], here [0.02,0.3]",
  );
});

test("it finds the five edges of induction, by KL, by the metric and whatever the order", async () => {
  const model = await inductionNetwork.load(runtime);
  for (const options of [
    {},
    { order: { seed: 4 } },
    { metric: "logit-difference" },
    { metric: "answer-logit" },
    { batchSize: 2 },
  ]) {
    const { circuit, scores } = await acdc(model, inductionTask, { threshold: 0.1, ...options });
    expect(new Set(circuit.elements.map(({ name }) => name))).toEqual(new Set(inductionCircuit));
    const sign = options.metric === "logit-difference" ? -1 : 1;
    expect(scores.of(inductionCircuit[0]!)).toBe(sign * Number.POSITIVE_INFINITY);
    expect(scores.of("input->logits")).toBe(sign * 0.1);
  }
});

test("planted: an AND is found by any value, a negative head by KL and not by the metric", async () => {
  const gate = await andGate.network.load(runtime);
  for (const value of [undefined, zero()]) {
    const search = { threshold: 0.05, metric: "logit-difference", ...(value && { value }) };
    const { circuit } = await acdc(gate, andGate.task, search);
    for (const edge of andGate.circuit) expect(circuit.has(edge), edge).toBe(true);
  }
  const model = await negativeHead.network.load(runtime);
  const kept = async (metric: string) => {
    const { circuit } = await acdc(model, negativeHead.task, { threshold: 0.01, metric });
    return circuit.has("a0.h1->logits");
  };
  expect(await kept("kl")).toBe(true);
  expect(await kept("logit-difference")).toBe(false);
});

test("thresholds must be given once, and be positive", async () => {
  const model = await ln.load(runtime);
  await expect(acdc(model, twoPrompts, {})).rejects.toThrow("either threshold or thresholds");
  await expect(acdc(model, twoPrompts, { threshold: 0 })).rejects.toThrow("must be positive");
});
