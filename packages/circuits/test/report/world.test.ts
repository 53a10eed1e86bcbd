import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { sentences, world, worldCausal } from "@diopter/tiny-models";
import { expect, test } from "vitest";
import { attributeEdges } from "../../src/discover/attribution/attribute-edges";
import { robustness } from "../../src/report/robustness";
import { worldTasks } from "../../src/task/world";

const loading = worldCausal().then((checkpoint) => Model.load(checkpoint, { runtime: node() }));

test("a circuit found by EAP-IG on a trained model is reported, its identities hold in float32", async () => {
  const model = await loading;
  const task = worldTasks(model, { world, sentences }).ioi({ n: 16, seed: 0 });
  const scores = await attributeEdges(model, task, { method: "eap-ig-inputs" });
  const circuit = scores.top(300).pruned().circuit;
  const report = await robustness(model, task, circuit, { randomCircuits: 4, resamples: 200 });
  expect(report.checks.filter(({ passed }) => passed === false)).toEqual([]);
  expect(report.checks.filter(({ passed }) => passed).length).toBe(8);
  const { original, range } = report.headline;
  if (!original.applicable) throw new Error(original.reason);
  // A fifth of the edges does most of the work; random ones do next to none.
  expect(original.score).toBeGreaterThan(80);
  expect(original.random).toMatchObject({ count: 4, percentile: 100 });
  expect(original.full).toBeCloseTo(100, 3);
  expect(range!.low).toBeLessThanOrEqual(original.score);
  expect(original.means.accuracy!.model).toBeGreaterThan(0.9);
  // Prompts are shown as text.
  const [worst] = report.worstPrompts(1);
  expect(worst!.prompt.clean).toMatch(/[A-Z][a-z]+ .* to$/);
}, 60_000);
