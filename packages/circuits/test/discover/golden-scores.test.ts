/** @file Edge scores against EAP-IG and AutoCircuit; where their definitions differ, the difference is the test. */

import type { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import type { TensorLike } from "@diopter/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";
import { mean, zero } from "../../src/ablation/ablation";
import { attributeEdges } from "../../src/discover/attribution/attribute-edges";
import type { AttributeOptions } from "../../src/discover/attribution/batch";
import type { Scores } from "../../src/discover/scores/scores";
import { fromAutoCircuitName } from "../../src/graph/names/auto-circuit";
import { goldenModel, goldenTask } from "../helpers/golden-task";

describe.each([
  { name: "reference", runtime: reference(), tolerance: 1e-9 },
  { name: "node", runtime: node(), tolerance: 1e-4 },
])("on $name", ({ runtime, tolerance }) => {
  let model: Model;
  let eapIg: ReadonlyMap<string, TensorLike>;
  let autoCircuit: ReadonlyMap<string, TensorLike>;
  let names: { eapIg: string[]; autoCircuit: string[] };
  beforeAll(async () => {
    model = await goldenModel(runtime);
    eapIg = readTensors(goldenPath("eap/eap_ig.f64.safetensors"));
    autoCircuit = readTensors(goldenPath("eap/auto_circuit.f64.safetensors"));
    names = {
      eapIg: readJson<{ edges: string[] }>(goldenPath("eap/eap_ig.json")).edges,
      autoCircuit: readJson<{ edges: string[] }>(goldenPath("eap/auto_circuit.json")).edges.map(
        fromAutoCircuitName,
      ),
    };
  });
  const attribute = (options: AttributeOptions) => attributeEdges(model, goldenTask(), options);

  function expectScores(scores: Scores, edges: readonly string[], expected: ArrayLike<number>) {
    const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const off = edges.map((edge, i) => Math.abs(scores.of(edge) - expected[i]!));
    expect(Math.max(...off) / largest).toBeLessThan(tolerance);
  }

  test.each<[string, AttributeOptions]>([
    ["EAP", { method: "eap" }],
    ["EAP-IG-inputs.steps5", { method: "eap-ig-inputs", steps: 5 }],
    ["EAP-IG-inputs.steps1", { method: "eap-ig-inputs", steps: 1 }],
    // It counts from 1 to 5 here: the clean end is in, the corrupt one is out.
    ["EAP-IG-activations.steps5", { method: "eap-ig-activations", steps: 5, rule: "right" }],
    ["clean-corrupted", { method: "clean-corrupted" }],
  ])("%s is that of EAP-IG", async (golden, options) => {
    const expected = eapIg.get(golden)!.data as Float64Array;
    expectScores(await attribute(options), names.eapIg, expected);
  });

  test("zero and mean values differ from EAP-IG's, whose input source is the token embedding alone", async () => {
    for (const [golden, value] of [
      ["EAP.zero", zero()],
      ["EAP.mean-positional", mean({ over: "clean", by: "position" })],
    ] as const) {
      const expected = eapIg.get(golden)!.data as Float64Array;
      const plain = await attribute({ method: "eap", value });
      const fromHeads = names.eapIg.flatMap((edge, i) => (edge.startsWith("input") ? [] : [i]));
      const pick = (edges: readonly number[]) => edges.map((i) => names.eapIg[i]!);
      expectScores(
        plain,
        pick(fromHeads),
        fromHeads.map((i) => expected[i]!),
      );
      const tokens = await attribute({ method: "eap", value, embedding: "split" });
      expectScores(
        tokens,
        names.eapIg.map((edge) => edge.replace(/^input/, "tok_embed")),
        expected,
      );
    }
  });

  test.each<[string, AttributeOptions, (x: number) => number]>([
    // AutoCircuit differentiates the loss, which is minus the metric, and sums batches.
    ["logit.avg_diff", { method: "mask-gradient" }, (x) => -x],
    ["logit.avg_diff", { method: "eap" }, (x) => -x],
    ["logit.avg_diff.batch3", { method: "eap" }, (x) => -x / 2],
    ["prob.avg_diff", { method: "eap", metric: "probability-difference" }, (x) => -x],
    ["logit.avg_val", { method: "eap", metric: "answer-logit" }, (x) => -x],
    ["logit.avg_diff.mask0.5", { method: "mask-gradient", at: 0.5 }, (x) => -x],
    ["logit.avg_diff.ZERO", { method: "eap", value: zero() }, (x) => -x],
    ["logit.avg_diff.TOKENWISE_MEAN_CORRUPT", { method: "eap", value: mean() }, (x) => -x],
  ])("mask gradient %s is AutoCircuit's with the sign turned", async (golden, options, convert) => {
    const expected = Array.from(
      autoCircuit.get(`mask_gradient.${golden}`)!.data as Float64Array,
      convert,
    );
    expectScores(await attribute(options), names.autoCircuit, expected);
  });

  test("AutoCircuit's integrated gradient is the sum of both ends and the points between", async () => {
    const expected = autoCircuit.get("mask_gradient.logit.avg_diff.integrated5")!
      .data as Float64Array;
    const sums = new Float64Array(expected.length);
    for (let k = 0; k <= 5; k++) {
      const { values } = await attribute({ method: "mask-gradient", at: k / 5 });
      values.forEach((x, i) => {
        sums[i]! += x;
      });
    }
    const scores = await attribute({ method: "eap" });
    scores.values.set(sums);
    expectScores(
      scores,
      names.autoCircuit,
      Array.from(expected, (x) => -x),
    );
  });

  test.each<AttributeOptions>([
    { method: "eap" },
    { method: "eap", value: zero() },
    { method: "eap-ig-inputs", steps: 3 },
  ])(
    "keeping prompts changes nothing about $method, and their mean is the score",
    async (options) => {
      const summed = await attribute(options);
      const kept = await attribute({ ...options, keep: "prompts" });
      const largest = Math.max(...summed.values.map(Math.abs));
      summed.values.forEach((x, edge) => {
        expect(Math.abs(x - kept.values[edge]!) / largest).toBeLessThan(tolerance);
        const mean = kept.perPrompt!.reduce((sum, row) => sum + row[edge]! / 6, 0);
        expect(Math.abs(x - mean) / largest).toBeLessThan(Math.max(tolerance, 1e-6));
      });
    },
  );

  test("scores by position are AutoCircuit's, and sum to the plain ones (A14)", async () => {
    const expected = autoCircuit.get("mask_gradient_positions.logit.avg_diff")!;
    const scores = await attribute({ method: "eap", keep: "positions" });
    const edges = names.autoCircuit.map((edge) => scores.graph.edge(edge));
    const largest = Math.max(...scores.values.map(Math.abs));
    scores.byPosition!.forEach((row, pos) => {
      edges.forEach((edge, i) => {
        const theirs = -(expected.data[pos * edges.length + i] as number);
        expect(Math.abs(row[edge]! - theirs) / largest).toBeLessThan(tolerance);
      });
    });
    scores.values.forEach((total, edge) => {
      const sum = scores.byPosition!.reduce((x, row) => x + row[edge]!, 0);
      expect(Math.abs(total - sum) / largest).toBeLessThan(1e-12);
    });
  });
});
