/** @file The circuit of the demo's page: a circuit of the embedded model, found, pruned and put to the test. */

import {
  attributeEdges,
  Circuit,
  type RobustnessReport,
  robustness,
  type Scores,
} from "@diopter/circuits";
import type { Model } from "@diopter/model";
import type { Io } from "../io";
import { percent } from "../percent";
import type { Progress } from "../progress";
import { type SizeSearch, smallestCircuit } from "./smallest-circuit";
import { splitTasks, taskFor } from "./task-for";

export interface DemoCircuit {
  /** Of every edge. */
  readonly scores: Scores<"edge">;
  readonly search: SizeSearch;
  readonly report: RobustnessReport;
}

/** Prompts to search with, and as many others to judge by. */
const n = 60;
const randomCircuits = 20;

/** The smallest circuit for indirect objects that is good enough, and its report over eight ablations. */
export async function demoCircuit(io: Io, model: Model, progress: Progress): Promise<DemoCircuit> {
  const { signal } = io;
  const { train, test } = await splitTasks(io, model, { task: "ioi", n, heldOut: n, seed: 0 });
  const scores = await attributeEdges(model, train, {
    method: "eap-ig-inputs",
    signal,
    onProgress: ({ done, total, remaining }) =>
      progress.step("scoring every edge", done, total, remaining),
  });
  const search = await smallestCircuit(model, test, scores, {
    signal,
    onTried: (asked, of) => progress.step(`trying ${asked} of ${of} edges`),
  });
  const { circuit } = search.smallest;
  const report = await robustness(model, test, circuit, {
    preset: "miller",
    randomCircuits,
    controls: { other: await circuitOf(io, model, "capitals", circuit.size) },
    signal,
    onProgress: ({ done, total, remaining }) =>
      progress.step("ablating in other ways", Math.floor(done), total, remaining),
  });
  return { scores, search, report };
}

/** A circuit of another task, of so many edges. */
async function circuitOf(io: Io, model: Model, name: string, size: number): Promise<Circuit> {
  const { signal } = io;
  // The world has fewer capitals than sentences about two people.
  const task = await taskFor(io, model, { task: name, n: 40, seed: 0 }, "train");
  const scores = await attributeEdges(model, task, { method: "eap-ig-inputs", signal });
  const found = scores.top(size);
  return Circuit.fromJSON({ ...found.toJSON(), name: `${name}: ${found.name}` });
}

/** Its size, how good it is where it was found, and what the other ablations say. */
export function demoHeadline({ search, report }: DemoCircuit): string {
  const { smallest, modelAccuracy } = search;
  const { size, graph } = smallest.circuit;
  return (
    `indirect objects: ${size} of ${graph.edgeCount} edges (${percent(size / graph.edgeCount)}) keep f ${smallest.f.toFixed(2)} ` +
    `and accuracy ${percent(smallest.accuracy!)} (model ${percent(modelAccuracy!)}) on prompts held out\n${report.headline.text}\n`
  );
}
