import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { ablationOf, mean, zero } from "../../src/ablation/ablation";
import { optimalConstants } from "../../src/discover/optimal-constants";
import { evaluate, evaluateCells } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import type { Task } from "../../src/task/task";
import { ln, randomPrompts } from "../helpers/networks";

const clean = randomPrompts(6, 5, 1);
const corrupt = randomPrompts(6, 5, 2);
const task: Task = {
  name: "random",
  version: "1",
  corruptions: ["other"],
  metric: "kl",
  prompts: clean.map((ids, i) => ({
    id: String(i),
    clean: ids,
    corrupt: { other: corrupt[i]! },
    answers: [1],
    wrong: [2],
    positions: {},
    groups: {},
  })),
};

async function klUnder(value: Parameters<typeof evaluate>[3]): Promise<number> {
  const model = await ln.load(reference());
  const circuit = someCircuit(model.config);
  const result = await evaluate(model, task, circuit, { ...value, metrics: ["kl"] });
  if (!result.applicable) throw new Error(result.reason);
  return result.prompts.reduce((sum, { circuit: values }) => sum + values.kl!, 0) / 6;
}

function someCircuit(config: Parameters<typeof shapeOf>[0]): Circuit {
  const shape = shapeOf(config);
  return Circuit.ofEdges(shape, ["input->a0.h0<v>", "a0.h0->logits", "input->m1", "m1->logits"], {
    name: "some",
    version: "1",
  });
}

test.each([
  ["one vector per source", mean({ over: "clean", by: "all" })],
  ["one per position", mean({ over: "clean", by: "position" })],
])("fitted constants hurt less than the mean they started from: %s", async (_, value) => {
  const model = await ln.load(reference());
  const fitted = await optimalConstants(model, task, someCircuit(model.config), {
    ablation: { value },
    epochs: 25,
    learningRate: 0.05,
  });
  const before = await klUnder({ ablation: { value } });
  const after = await klUnder({ ablation: { value: fitted.value } });
  expect(after).toBeLessThan(0.7 * before);
  // The first epoch is measured before its only step, so its loss is that of the mean.
  expect(fitted.losses[0]).toBeCloseTo(before, 9);
  expect(fitted.losses.at(-1)!).toBeLessThan(fitted.losses[0]!);
});

test("the same seed fits the same numbers", async () => {
  const model = await ln.load(reference());
  const circuit = someCircuit(model.config);
  const fit = () => optimalConstants(model, task, circuit, { epochs: 3, batchSize: 2, seed: 4 });
  const [a, b] = [await fit(), await fit()];
  expect(JSON.stringify(a)).toBe(JSON.stringify(b));
});

test("a value that differs by prompt is no start for constants", async () => {
  const model = await ln.load(reference());
  await expect(
    optimalConstants(model, task, someCircuit(model.config), {
      ablation: { value: { kind: "resample", from: "paired" } },
    }),
  ).rejects.toThrow(
    "optimal constants: the value they start from differs by prompt; give a mean or zero",
  );
  const fitted = await optimalConstants(model, task, someCircuit(model.config), {
    ablation: { value: zero() },
    epochs: 1,
  });
  expect(fitted.losses).toHaveLength(1);
});

test("values of the same name are told apart by their numbers", async () => {
  const model = await ln.load(reference());
  const circuit = someCircuit(model.config);
  const one = await optimalConstants(model, task, circuit, { epochs: 1, learningRate: 0.1 });
  const two = await optimalConstants(model, task, circuit, { epochs: 1, learningRate: 0.2 });
  const specs = [one, two].map(({ value }) => ({ circuit, ablation: ablationOf({ value }) }));
  const together = await evaluateCells(model, task, specs, { metrics: ["kl"] });
  const kl = together.map((cell) => (cell.applicable ? cell.prompts[0]!.circuit.kl : undefined));
  expect(kl[0]).not.toBe(kl[1]);
  expect(kl[0]).toBeGreaterThan(0);
});
