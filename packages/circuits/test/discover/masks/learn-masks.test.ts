/** @file Learned masks: their gradients, what they find, and that they repeat, resume and keep test prompts apart. */

import { reference } from "@diopter/model/reference";
import { Random, stateFromJSON, stateToJSON } from "@diopter/tensor";
import { expect, test } from "vitest";
import { mean, zero } from "../../../src/ablation/ablation";
import { circuitProbing } from "../../../src/discover/masks/circuit-probing";
import {
  type LearnMasksOptions,
  learnMasks,
  type MaskState,
} from "../../../src/discover/masks/learn-masks";
import { sizeCost } from "../../../src/discover/masks/size";
import { MaskTraining } from "../../../src/discover/masks/training";
import { evaluate } from "../../../src/evaluate/evaluate";
import { EdgeGraph } from "../../../src/graph/edge-graph";
import { shapeOf } from "../../../src/graph/shape";
import { inductionCircuit, inductionNetwork, inductionTask } from "../../helpers/induction";
import { gqa, ln, parallel } from "../../helpers/networks";
import { additive, andGate, negativeHead, overFaithful } from "../../helpers/planted";
import { twoPrompts } from "../subject";

const runtime = reference();

test.each<[string, Partial<LearnMasksOptions>]>([
  ["edges by KL", {}],
  ["edges by the metric, shared draws", { metric: "logit-difference", samples: "batch" }],
  ["nodes by the squared difference", { component: "node", metric: "mse" }],
  [
    "edges restored, by percent",
    { direction: "restore-clean", metric: "logit-difference-percent" },
  ],
  ["nodes, zeroed", { component: "node", value: zero(), metric: "probability" }],
  ["edges, means", { value: mean(), metric: "log-probability" }],
])("gradients of %s are finite differences", async (_, options) => {
  for (const network of [ln, gqa]) {
    const model = await network.load(runtime);
    const graph = new EdgeGraph(shapeOf(network.config));
    const component = options.component ?? "edge";
    const training = await MaskTraining.of(model, graph, twoPrompts, {
      size: { penalty: 0 },
      steps: 1,
      ...options,
      component,
      seed: 3,
    });
    const count = component === "edge" ? graph.edgeCount : graph.sources.length;
    const random = new Random(1);
    const theta = Float64Array.from({ length: count }, () => random.normal());
    const { gradient } = await training.gradient(theta, 0);
    const direction = Float64Array.from({ length: count }, () => random.normal());
    const loss = async (by: number) =>
      (
        await training.gradient(
          theta.map((x, i) => x + by * direction[i]!),
          0,
        )
      ).faithfulness;
    const slope = gradient.reduce((sum, x, i) => sum + x * direction[i]!, 0);
    const h = 1e-6;
    const rise = ((await loss(h)) - (await loss(-h))) / (2 * h);
    expect(Math.abs(rise - slope)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
    expect(Math.abs(slope)).toBeGreaterThan(1e-3);
  }
});

test("the five edges of induction are learned, from either end and by any loss and size rule", async () => {
  const model = await inductionNetwork.load(runtime);
  for (const options of [
    { size: { target: 5, weight: 0.3 } },
    { size: { penalty: 4 }, metric: "logit-difference" },
    { size: { hold: 5, warmup: 100, learningRate: 0.1 } },
    { size: { target: 5, weight: 10 }, metric: "logit-difference-percent", samples: "batch" },
    { size: { target: 5, weight: 0.1 }, direction: "restore-clean" },
  ] as const) {
    // Attention is so certain here that a twentieth of an edge does all its work: the sizes are asked for, not the masks.
    const learned = await learnMasks(model, inductionTask, {
      ...options,
      select: { size: 5 },
      steps: 200,
      learningRate: 0.05,
      seed: 1,
    });
    const names = learned.circuit.elements.map(({ name }) => name);
    expect(new Set(names), JSON.stringify(options)).toEqual(new Set(inductionCircuit));
    const sign = options.metric === "logit-difference" ? -1 : 1;
    expect(Math.sign(learned.scores.values[0]!)).toBe(sign);
    const { history } = learned;
    expect(history.at(-1)!.size).toBeLessThan(history[0]!.size);
  }
});

test("planted circuits are learned, and what works against them as long as it costs little", async () => {
  const against = {
    negative: ["a0.h1->logits", "input->a0.h1<v>"],
    "over-faithful": ["a0.h0->m0", "m0->logits"],
  };
  for (const { name, network, task, circuit } of [additive, andGate, negativeHead, overFaithful]) {
    const model = await network.load(runtime);
    const learned = async (penalty: number) => {
      const options = { size: { penalty }, steps: 120, learningRate: 0.2 };
      const { elements } = (await learnMasks(model, task, options)).circuit;
      return new Set(elements.map((each) => each.name));
    };
    // KL asks for the model's own distribution, negative heads and suppressors included.
    const rest = against[name as keyof typeof against] ?? [];
    expect(await learned(0.1), name).toEqual(new Set([...circuit, ...rest]));
    expect(await learned(1), name).toEqual(new Set(circuit));
  }
});

test("nodes are learned and chosen by as many as the masks add up to", async () => {
  const model = await inductionNetwork.load(runtime);
  const { circuit, scores } = await learnMasks(model, inductionTask, {
    component: "node",
    size: { penalty: 0.5 },
    steps: 60,
    select: "mean",
  });
  expect(circuit.component).toBe("node");
  expect(circuit.size).toBe(3); // the embedding and both heads: all are needed
  expect(scores.component).toBe("node");
});

test("what was learned is faithful on prompts that were not learned from", async () => {
  const model = await inductionNetwork.load(runtime);
  const { prompts } = inductionTask;
  const train = { ...inductionTask, prompts: prompts.slice(0, 2) };
  const held = { ...inductionTask, prompts: prompts.slice(2) };
  const learned = await learnMasks(model, train, {
    test: held,
    testEvery: 120,
    size: { target: 5, weight: 0.3 },
    select: { size: 5 },
    steps: 200,
    learningRate: 0.05,
    seed: 1,
  });
  const seen = learned.history.filter(({ heldOut }) => heldOut !== undefined);
  expect(seen.map(({ step }) => step)).toEqual([119, 199]);
  expect(learned.heldOut).toBe(seen[1]!.heldOut);
  const cell = await evaluate(model, held, learned.circuit, { metrics: ["kl"] });
  if (!cell.applicable) throw new Error(cell.reason);
  expect(learned.circuit.size).toBe(5);
  expect(cell.prompts[0]!.circuit.kl).toBeLessThan(1e-9);
  expect(learned.heldOut).toBeLessThan(0.1);
});

test("the same seed learns the same, another does not, and a run goes on where it stopped", async () => {
  const model = await parallel.load(runtime);
  const options = {
    size: { hold: 20 },
    steps: 24,
    batchSize: 1,
    seed: 7,
    test: twoPrompts,
  } as const;
  const whole = await learnMasks(model, twoPrompts, options);
  const again = await learnMasks(model, twoPrompts, options);
  expect(again.state).toEqual(whole.state);
  const other = await learnMasks(model, twoPrompts, { ...options, seed: 8 });
  expect(other.state.data.theta).not.toEqual(whole.state.data.theta);
  const controller = new AbortController();
  let saved: string | undefined;
  const stopped = learnMasks(model, twoPrompts, {
    ...options,
    signal: controller.signal,
    onState: (state) => {
      saved = stateToJSON(state);
    },
    onProgress: ({ done }) => done === 13 && controller.abort(),
  });
  await expect(stopped).rejects.toThrow();
  const resume = stateFromJSON<MaskState>(saved!);
  expect(resume.data.step).toBe(10);
  const resumed = await learnMasks(model, twoPrompts, { ...options, resume });
  expect(resumed.state).toEqual(whole.state);
  expect(resumed.heldOut).toBe(whole.heldOut);
  await expect(learnMasks(model, twoPrompts, { ...options, seed: 9, resume })).rejects.toThrow(
    "mask learning: the state to resume is not of this job: its seed is 7, here 9",
  );
});

test("sizes cost what they should", () => {
  expect(sizeCost({ penalty: 3 }, 20, 100, 0, [0, 0])).toMatchObject({ cost: 0.6, slope: 0.03 });
  expect(sizeCost({ target: 10 }, 20, 100, 0, [0, 0])).toMatchObject({ cost: 1, slope: 0.1 });
  expect(sizeCost({ target: 30 }, 20, 100, 0, [0, 0])).toMatchObject({ cost: 0, slope: 0 });
  // Gap (60 - 40) / 100 = 0.2: 1 x 0.2 + 2 x 0.04, slope (1 + 2 x 2 x 0.2) / 100, multipliers rise by half of 0.2 and 0.04.
  const held = sizeCost({ hold: 40 }, 60, 100, 0, [1, 2]);
  expect(held.cost).toBeCloseTo(0.28, 12);
  expect(held.slope).toBeCloseTo(0.018, 12);
  expect(held.multipliers[0]).toBeCloseTo(1.1, 12);
  expect(held.multipliers[1]).toBeCloseTo(2.02, 12);
  // Half of a warm-up from 100 to 40 is 70.
  const warm = sizeCost({ hold: 40, warmup: 10 }, 70, 100, 5, [1, 2]);
  expect(warm.cost).toBeCloseTo(0, 12);
});

test("circuit probing counts in how many circuits an edge is", async () => {
  const model = await inductionNetwork.load(runtime);
  const { scores, circuits } = await circuitProbing(model, inductionTask, {
    sizes: [6, 3],
    steps: 60,
  });
  expect(circuits.map(({ size }) => size)).toEqual([3, 6]);
  scores.values.forEach((count, edge) => {
    const name = scores.graph.edgeName(edge);
    expect(count).toBe(circuits.filter((circuit) => circuit.has(name)).length);
  });
  await expect(circuitProbing(model, inductionTask, { sizes: [], steps: 1 })).rejects.toThrow(
    "no sizes",
  );
});

test("sizes that cannot be and unknown losses are refused", async () => {
  const model = await ln.load(runtime);
  await expect(learnMasks(model, twoPrompts, { size: { target: 1e6 }, steps: 1 })).rejects.toThrow(
    "a size of 1000000 of 75 elements",
  );
  await expect(
    learnMasks(model, twoPrompts, { size: { penalty: 1 }, steps: 1, metric: "kll" as "kl" }),
  ).rejects.toThrow('no "kll"');
});
