/** @file Identities of attribution: A1 to A10 and A14, the micro model, and what pooling hides. */

import type { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { describe, expect, test } from "vitest";
import { mean, zero } from "../../src/ablation/ablation";
import { attributeEdges } from "../../src/discover/attribution/attribute-edges";
import { attributeNodes } from "../../src/discover/attribution/attribute-nodes";
import { exactEdges } from "../../src/discover/exact/exact";
import type { Scores } from "../../src/discover/scores/scores";
import { evaluate } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import type { Task } from "../../src/task/task";
import { microEdges, microNetwork, microRuns, microSums } from "../helpers/micro-model";
import type { Network } from "../helpers/network";
import { linear, ln, networks } from "../helpers/networks";
import { andGate, negativeHead, oppositePositions, orGate } from "../helpers/planted";
import { furthestApart, sum, swapped, twoPrompts } from "./subject";

const runtime = reference();
const within = 1e-9;

/** m(corrupt) - m(clean), mean over prompts. */
async function totalEffect(network: Network, task: Task): Promise<number> {
  const model = await network.load(runtime);
  const none = Circuit.ofEdges(shapeOf(network.config), [], { name: "none", version: "1" });
  const cell = await evaluate(model, task, none);
  if (!cell.applicable) throw new Error(cell.reason);
  const each = cell.prompts.map((p) => p.circuit[task.metric]! - p.model[task.metric]!);
  return sum(each) / each.length;
}

/** Scores of the edges that leave the input, or enter the logits. */
function sumOf({ graph, values }: Scores, side: "leaving" | "entering"): number {
  const chosen = values.filter((_, edge) => {
    const name = graph.edgeName(edge);
    return side === "leaving" ? name.startsWith("input->") : name.endsWith("->logits");
  });
  return sum(chosen);
}

/** The sum that shall be the whole effect; of EAP-IG only the edges that leave the input count. */
async function integrated(
  model: Model,
  method: "mask-ig" | "eap-ig-inputs",
  steps: number,
  task = twoPrompts,
): Promise<number> {
  const scores = await attributeEdges(model, task, { method, steps, rule: "midpoint" });
  return method === "mask-ig" ? sum(scores.values) : sumOf(scores, "leaving");
}

describe.each(networks)("of $name", (network) => {
  test("A1: mask gradients at 0 are EAP, for any value", async () => {
    const model = await network.load(runtime);
    for (const value of [undefined, zero(), mean()]) {
      const given = value && { value };
      const eap = await attributeEdges(model, twoPrompts, { method: "eap", ...given });
      const mask = await attributeEdges(model, twoPrompts, { method: "mask-gradient", ...given });
      expect(furthestApart(eap.values, mask.values)).toBeLessThan(within);
      expect(Math.max(...eap.values.map(Math.abs))).toBeGreaterThan(0.1);
    }
  });

  test("A2: EAP of the edges that leave a node adds up to its AtP, at every position (A14)", async () => {
    const model = await network.load(runtime);
    const eap = await attributeEdges(model, twoPrompts, { method: "eap", keep: "positions" });
    const atp = await attributeNodes(model, twoPrompts, { keep: "positions" });
    const { graph } = eap;
    const bySource = (values: Float64Array) => {
      const sums = new Float64Array(graph.sources.length);
      values.forEach((x, edge) => {
        sums[graph.ends(edge).source]! += x;
      });
      return sums;
    };
    expect(furthestApart(bySource(eap.values), atp.values)).toBeLessThan(within);
    for (const [pos, row] of eap.byPosition!.entries())
      expect(furthestApart(bySource(row), atp.byPosition![pos]!)).toBeLessThan(within);
    const pooled = await attributeEdges(model, twoPrompts, { method: "eap" });
    const added = pooled.values.map((_, edge) => sum(eap.byPosition!.map((row) => row[edge]!)));
    expect(furthestApart(pooled.values, added)).toBeLessThan(within);
  });

  test("A6 A7: integrated scores approach the whole effect", async () => {
    const model = await network.load(runtime);
    const total = await totalEffect(network, twoPrompts);
    for (const method of ["mask-ig", "eap-ig-inputs"] as const)
      expect(Math.abs((await integrated(model, method, 60)) - total)).toBeLessThan(
        0.03 * Math.abs(total) + within,
      );
  });

  test("A8: EAP-IG with one step at the clean end is EAP, for nodes too", async () => {
    const model = await network.load(runtime);
    const once = { method: "eap-ig-inputs", steps: 1, rule: "right" } as const;
    const eap = await attributeEdges(model, twoPrompts, { method: "eap" });
    const one = await attributeEdges(model, twoPrompts, once);
    expect(furthestApart(eap.values, one.values)).toBeLessThan(within);
    const atp = await attributeNodes(model, twoPrompts);
    const node = await attributeNodes(model, twoPrompts, once);
    expect(furthestApart(atp.values, node.values)).toBeLessThan(within);
  });
});

test("A3 A4 A9: of an affine network EAP is exact, and what leaves the input or enters the logits adds up", async () => {
  const model = await linear.load(runtime);
  const eap = await attributeEdges(model, twoPrompts, { method: "eap" });
  const exact = await exactEdges(model, twoPrompts);
  expect(furthestApart(eap.values, exact.values)).toBeLessThan(within);
  const total = await totalEffect(linear, twoPrompts);
  const back = await attributeEdges(model, swapped, { method: "eap" });
  for (const side of ["leaving", "entering"] as const) {
    expect(Math.abs(sumOf(eap, side) - total)).toBeLessThan(within);
    expect(Math.abs(sumOf(back, side) + total)).toBeLessThan(within);
  }
  const other = await ln.load(runtime);
  const rough = await attributeEdges(other, twoPrompts, { method: "eap" });
  const truth = await exactEdges(other, twoPrompts);
  expect(furthestApart(rough.values, truth.values)).toBeGreaterThan(0.1);
});

test("A6 A7 A9: half the step has a quarter of the error, and the other way round the sum is the negative", async () => {
  for (const network of [ln, linear]) {
    const model = await network.load(runtime);
    const total = await totalEffect(network, twoPrompts);
    expect(await totalEffect(network, swapped)).toBeCloseTo(-total, 9);
    for (const method of ["mask-ig", "eap-ig-inputs"] as const) {
      const [few, many] = [
        (await integrated(model, method, 30)) - total,
        (await integrated(model, method, 60)) - total,
      ];
      if (Math.abs(few) > within) {
        expect(many / few).toBeGreaterThan(0.2);
        expect(many / few).toBeLessThan(0.3);
      } else expect(network).toBe(linear); // exact from the start where nothing bends
      const back = await integrated(model, method, 30, swapped);
      expect(Math.abs(back + total)).toBeLessThan(0.02 * Math.abs(total));
    }
  }
});

test("A5: all edges together do not add up to the whole effect, not even of an affine network", async () => {
  const model = await linear.load(runtime);
  const { values } = await attributeEdges(model, twoPrompts, { method: "eap" });
  const total = await totalEffect(linear, twoPrompts);
  expect(Math.abs(sum(values) - total)).toBeGreaterThan(0.1 * Math.abs(total));
});

test("A10: divergence from the model is stationary at the clean run: EAP is 0 there, and is refused", async () => {
  const model = await ln.load(runtime);
  for (const metric of ["kl", "mse"] as const) {
    for (const method of ["eap", "mask-gradient"] as const)
      await expect(attributeEdges(model, twoPrompts, { method, metric })).rejects.toThrow(
        `"${metric}" to the full model has its minimum at the clean run`,
      );
    await expect(attributeNodes(model, twoPrompts, { metric })).rejects.toThrow(RangeError);
    const near = async (at: number) =>
      (await attributeEdges(model, twoPrompts, { method: "mask-gradient", metric, at })).values;
    const [close, half] = [await near(1e-7), await near(0.5)];
    expect(Math.max(...close.map(Math.abs))).toBeLessThan(1e-4);
    expect(Math.max(...half.map(Math.abs))).toBeGreaterThan(0.05);
  }
});

const microTask: Task = {
  name: "micro",
  version: "1",
  corruptions: ["other"],
  metric: "logit-difference",
  prompts: [
    {
      id: "0",
      clean: microRuns.clean.tokens,
      corrupt: { other: microRuns.corrupt.tokens },
      answers: [1],
      wrong: [0],
      positions: {},
      groups: {},
    },
  ],
};

test("the micro model has its integer scores: EAP is exact and adds up to -136, mask-IG to -48", async () => {
  const model = await microNetwork.load(runtime);
  const eap = await attributeEdges(model, microTask, { method: "eap" });
  const exact = await exactEdges(model, microTask);
  // The integrands are quadratic in the mask: 200 midpoints leave an error of some 24 / 12 / 200², 5e-5.
  const ig = await attributeEdges(model, microTask, {
    method: "mask-ig",
    steps: 200,
    rule: "midpoint",
  });
  for (const { name, effect, maskIg } of microEdges) {
    expect(eap.of(name)).toBeCloseTo(effect, 10);
    expect(exact.of(name)).toBeCloseTo(effect, 10);
    expect(ig.of(name)).toBeCloseTo(maskIg, 3);
  }
  expect(sum(eap.values)).toBeCloseTo(microSums.effect, 10);
  expect(sum(ig.values)).toBeCloseTo(microSums.maskIg, 3);
});

test("planted: EAP sees both inputs of an AND, none of an OR, and the sign of a negative head", async () => {
  for (const { network, task, eap } of [andGate, orGate, negativeHead]) {
    const scores = await attributeEdges(await network.load(runtime), task, { method: "eap" });
    for (const [edge, score] of Object.entries(eap)) expect(scores.of(edge)).toBeCloseTo(score, 9);
  }
});

test("planted: positions that cancel score 0 pooled, and by position both are found", async () => {
  const { network, task, eap, eapAt } = oppositePositions;
  const model = await network.load(runtime);
  const scores = await attributeEdges(model, task, { method: "eap", keep: "positions" });
  for (const [edge, score] of Object.entries(eap)) expect(scores.of(edge)).toBeCloseTo(score, 9);
  for (const [edge, byPosition] of Object.entries(eapAt!)) {
    const at = scores.graph.edge(edge);
    byPosition.forEach((score, pos) => {
      expect(scores.byPosition![pos]![at]).toBeCloseTo(score, 9);
    });
  }
});
