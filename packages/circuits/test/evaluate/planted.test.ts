/** @file Planted circuits, induction and the micro model: evaluations whose numbers are known. */

import type { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { describe, expect, test } from "vitest";
import { type Ablation, mean, resample, zero } from "../../src/ablation/ablation";
import { evaluate } from "../../src/evaluate/evaluate";
import type { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import { promptMetric } from "../../src/metrics/prompt-metrics";
import { recovered } from "../../src/metrics/recovered";
import type { Task } from "../../src/task/task";
import {
  inductionCircuit,
  inductionMetric,
  inductionNetwork,
  inductionTask,
} from "../helpers/induction";
import {
  microCircuit,
  microEdges,
  microNetwork,
  microResults,
  microRuns,
} from "../helpers/micro-model";
import type { Network } from "../helpers/network";
import {
  edgesOf,
  negativeHead,
  type Outcome,
  overFaithful,
  plantedCircuits,
} from "../helpers/planted";
import { circuitOf, everyLogit, logitsOf } from "./slow";

const runtime = reference();
const engines = ["dense", "compiled"] as const;

function circuit({ config }: Network, names: readonly string[], at?: readonly number[]): Circuit {
  return circuitOf(shapeOf(config), "edge", new Map(names.map((name) => [name, at])));
}

/** The task's metric of every prompt. */
async function scores(
  model: Model,
  task: Task,
  kept: Circuit,
  ablation: Partial<Ablation>,
  engine: (typeof engines)[number],
): Promise<number[]> {
  const cell = await evaluate(model, task, kept, { ablation, engine });
  if (!cell.applicable) throw new Error(cell.reason);
  return cell.prompts.map((prompt) => prompt.circuit[task.metric]!);
}

const replacements = { other: resample(), zero: zero(), mean: mean({ over: "clean" }) };

function ablationFor({ from, by, at }: Outcome): Partial<Ablation> {
  return {
    set: "circuit",
    value: replacements[by],
    direction: from === "clean" ? "ablate-clean" : "restore-clean",
    tokens: at ? "specific" : "all",
  };
}

describe.each(plantedCircuits)("planted $name", ({ network, task, outcomes, ...planted }) => {
  test("every replacement gives the number that was planted", async () => {
    const model = await network.load(runtime);
    for (const engine of engines) {
      for (const outcome of outcomes) {
        const replaced = circuit(network, outcome.replaced, outcome.at);
        const got = await scores(model, task, replaced, ablationFor(outcome), engine);
        const { metric, what, by } = outcome;
        got.forEach((score, i) => {
          const expected = typeof metric === "number" ? metric : metric[i]!;
          expect(Math.abs(score - expected), `${what} by ${by}: ${score}`).toBeLessThan(1e-9);
        });
      }
    }
  });

  test("the circuit is as faithful as it was planted", async () => {
    const model = await network.load(runtime);
    const [kept, none] = [circuit(network, planted.circuit), circuit(network, [])];
    for (const engine of engines) {
      const got = await scores(model, task, kept, {}, engine);
      const empty = await scores(model, task, none, {}, engine);
      const all = await scores(model, task, circuit(network, edgesOf(network)), {}, engine);
      got.forEach((score, i) => {
        const f = (score - empty[i]!) / (all[i]! - empty[i]!);
        expect(Math.abs(f - planted.faithfulness)).toBeLessThan(1e-9);
      });
    }
  });
});

test("an over-faithful circuit recovers 150 %, which is not clipped", async () => {
  const { network, task } = overFaithful;
  const cell = await evaluate(
    await network.load(runtime),
    task,
    circuit(network, overFaithful.circuit),
  );
  if (!cell.applicable) throw new Error(cell.reason);
  const of = (side: "circuit" | "model") => cell.prompts.map((p) => p[side]["logit-difference"]!);
  const { ratioOfMeans, meanOfRatios } = recovered(of("circuit"), of("model"));
  expect([ratioOfMeans, meanOfRatios]).toEqual([150, 150]);
});

test("a negative head raises the logit difference when it goes, and KL tells", async () => {
  const { network, task } = negativeHead;
  const model = await network.load(runtime);
  const cell = await evaluate(model, task, circuit(network, ["a0.h1->logits"]), {
    ablation: { set: "circuit" },
    metrics: ["logit-difference", promptMetric("kl")],
  });
  if (!cell.applicable) throw new Error(cell.reason);
  for (const prompt of cell.prompts) {
    expect(prompt.circuit["logit-difference"]).toBeCloseTo(4, 12);
    expect(prompt.model["logit-difference"]).toBeCloseTo(2, 12);
    expect(prompt.circuit.kl).toBeCloseTo(0.1295, 3);
    expect(prompt.model.kl).toBe(0);
  }
});

test("induction: five edges are the circuit, and each of them is needed", async () => {
  const model = await inductionNetwork.load(runtime);
  for (const engine of engines) {
    const of = (names: readonly string[]) =>
      scores(model, inductionTask, circuit(inductionNetwork, names), {}, engine);
    for (const score of await of(inductionCircuit))
      expect(score).toBeCloseTo(inductionMetric.clean, 9);
    for (const score of await of([])) expect(score).toBeCloseTo(inductionMetric.corrupt, 9);
    for (const edge of inductionCircuit) {
      const rest = inductionCircuit.filter((each) => each !== edge);
      for (const score of await of(rest))
        expect(score, edge).toBeLessThan(inductionMetric.clean / 2);
    }
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

test.each(engines)("the micro model gives its four results by the %s engine", async (engine) => {
  const model = await microNetwork.load(runtime);
  const kept = circuit(microNetwork, microCircuit);
  const metrics = everyLogit(microNetwork.config);
  const of = async (ablation: Partial<Ablation>) => [
    ...logitsOf(await evaluate(model, microTask, kept, { ablation, metrics, engine }))[0]!,
  ];
  const restore = { direction: "restore-clean" } as const;
  expect(await of({ set: "complement" })).toEqual(microResults.ablateComplement);
  expect(await of({ ...restore, set: "circuit" })).toEqual(microResults.restoreCircuit);
  expect(await of({ set: "circuit" })).toEqual(microResults.ablateCircuit);
  expect(await of({ ...restore, set: "complement" })).toEqual(microResults.restoreComplement);
  for (const { name, effect } of microEdges) {
    const one = circuit(microNetwork, [name]);
    const [score] = await scores(model, microTask, one, { set: "circuit" }, engine);
    expect(score! - microRuns.clean.metric, name).toBe(effect);
  }
});
