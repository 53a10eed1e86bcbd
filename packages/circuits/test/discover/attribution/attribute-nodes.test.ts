/** @file Node scores against EAP-IG. */

import { logitDifference, type Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { describe, expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../../test/golden";
import { mean, zero } from "../../../src/ablation/ablation";
import {
  type AttributeNodesOptions,
  attributeNodes,
} from "../../../src/discover/attribution/attribute-nodes";
import { exactNodes } from "../../../src/discover/exact/exact";
import { goldenModel, goldenTask } from "../../helpers/golden-task";
import { linear } from "../../helpers/networks";
import { furthestApart, sum, twoPrompts } from "../subject";

interface Golden {
  readonly nodes: string[];
  readonly node_scores: Readonly<Record<string, number[]>>;
}

describe.each([
  { name: "reference", runtime: reference(), tolerance: 1e-9 },
  { name: "node", runtime: node(), tolerance: 1e-4 },
])("on $name", ({ runtime, tolerance }) => {
  test.each<[string, AttributeNodesOptions]>([
    ["EAP", {}],
    // For nodes it counts from 1 to 5: the clean end is in, the corrupt one is out.
    ["EAP-IG-inputs.steps5", { method: "eap-ig-inputs", steps: 5, rule: "right" }],
  ])("%s of the input and of heads is EAP-IG's", async (name, options) => {
    const model: Model = await goldenModel(runtime);
    const golden = readJson<Golden>(goldenPath("eap/eap_ig.json"));
    const scores = await attributeNodes(model, goldenTask(), options);
    const all = golden.node_scores[name]!;
    const largest = Math.max(...all.map(Math.abs));
    const others = golden.nodes.filter((each) => !each.startsWith("m"));
    const own = others.map((each) => scores.of(each));
    const expected = others.map((each) => all[golden.nodes.indexOf(each)]!);
    expect(furthestApart(own, expected) / largest).toBeLessThan(tolerance);
  });

  test("EAP-IG multiplies what an MLP's output changes by with the gradient at its input; here it is that at its output", async () => {
    const model = await goldenModel(runtime);
    const { prompts } = goldenTask();
    const { nodes, node_scores } = readJson<Golden>(goldenPath("eap/eap_ig.json"));
    const rows = (side: "clean" | "corrupt") => ({
      tokens: prompts.map((p) => (side === "clean" ? p.clean : p.corrupt.other!)),
    });
    const layers = [0, 1, 2];
    const hook = (l: number, at: "in" | "out") => `blocks.${l}.hook_mlp_${at}`;
    const names = layers.flatMap((l) => [hook(l, "in"), hook(l, "out")]);
    const of = logitDifference(
      prompts.map((p) => p.answers[0]!),
      prompts.map((p) => p.wrong[0]!),
    );
    const { gradients } = await model.gradients(rows("clean"), { of, wrt: names });
    const clean = (await model.runWithCache(rows("clean"), { names })).cache;
    const corrupt = (await model.runWithCache(rows("corrupt"), { names })).cache;
    const scores = await attributeNodes(model, goldenTask());
    for (const l of layers) {
      const [before, after] = [clean.get(hook(l, "out")).data, corrupt.get(hook(l, "out")).data];
      const along = (at: "in" | "out") =>
        sum(
          Array.from(
            gradients.get(hook(l, at)).data as Float32Array,
            (slope, i) => slope * (Number(after[i]) - Number(before[i])),
          ),
        ) / prompts.length;
      expect(Math.abs(along("in") - node_scores.EAP![nodes.indexOf(`m${l}`)]!)).toBeLessThan(
        tolerance,
      );
      expect(Math.abs(along("out") - scores.of(`m${l}`))).toBeLessThan(tolerance);
      expect(Math.abs(along("in") - along("out"))).toBeGreaterThan(0.05);
    }
  });
});

test("of an affine network AtP is the exact effect, whatever the value", async () => {
  const model = await linear.load(reference());
  for (const value of [undefined, zero(), mean()]) {
    const given = value && { value };
    const atp = await attributeNodes(model, twoPrompts, { keep: "prompts", ...given });
    const exact = await exactNodes(model, twoPrompts, given);
    expect(furthestApart(atp.values, exact.values)).toBeLessThan(1e-9);
    const mean = atp.values.map((_, i) => sum(atp.perPrompt!.map((row) => row[i]!)) / 2);
    expect(furthestApart(atp.values, mean)).toBeLessThan(1e-5);
  }
});
