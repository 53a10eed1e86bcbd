/** @file Reports on circuits whose numbers are known. */

import type { Model } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import type { RobustnessOptions } from "../../src/report/options";
import { robustness } from "../../src/report/robustness";
import type { RobustnessReport } from "../../src/report/robustness-report";
import { randomTask } from "../evaluate/slow";
import { ln } from "../helpers/networks";
import { overFaithful } from "../helpers/planted";

const runtime = reference();
const loaded = { planted: overFaithful.network.load(runtime), random: ln.load(runtime) };

export const plantedModel: Promise<Model> = loaded.planted;
export const plantedTask = overFaithful.task;
export const plantedCircuit = Circuit.ofEdges(
  shapeOf(overFaithful.network.config),
  overFaithful.circuit,
  { name: "planted", version: "1" },
);

/** The head that gives 3 of the model's 2, its MLP being left out: 150 % under every value. */
export async function plantedReport(options: RobustnessOptions = {}): Promise<RobustnessReport> {
  return robustness(await plantedModel, plantedTask, plantedCircuit, {
    randomCircuits: 0,
    resamples: 50,
    ...options,
  });
}

export const randomModel: Promise<Model> = loaded.random;

/** Four prompts in two templates and two orders. */
export const someTask = (() => {
  const task = randomTask();
  const prompts = task.prompts.map((prompt, i) => ({
    ...prompt,
    groups: { ...prompt.groups, order: i % 2 === 0 ? "ABBA" : "BABA" },
  }));
  return { ...task, name: "some", prompts };
})();

/** A few edges of a random network, at positions. */
export const someCircuit = Circuit.ofEdges(
  shapeOf(ln.config),
  [
    { name: "input->a0.h0<v>", at: ["S"] },
    { name: "input->a1.h2<k>", at: ["S", "end"] },
    { name: "a0.h0->m0", at: ["end"] },
    "m0->logits",
    "a0.h0->logits",
  ],
  { name: "some", version: "2", source: "a test" },
);

export async function someReport(options: RobustnessOptions = {}): Promise<RobustnessReport> {
  return robustness(await randomModel, someTask, someCircuit, {
    randomCircuits: 0,
    resamples: 50,
    ...options,
  });
}
