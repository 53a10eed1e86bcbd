/** @file Circuits by learned masks: subnetwork and edge probing (Cao et al. 2021; Miller et al. 2024), Edge Pruning (Bhaskar et al. 2024). */

import { type JobIdentity, type JobState, jobState, type Model, resumeData } from "@diopter/model";
import { type AdamState, adam, adamState, checkOptions, type OptionKeys } from "@diopter/tensor";
import type { Circuit } from "../../graph/circuit";
import { EdgeGraph } from "../../graph/edge-graph";
import type { GraphShape } from "../../graph/shape";
import { Job, type Progress } from "../../run/job";
import { identifyTaskJob } from "../../run/state";
import type { Task } from "../../task/task";
import { chosenShape, valueRecord } from "../choices";
import type { ScoreRecord, Scores } from "../scores/scores";
import { type MetricChoice, nameOf } from "../task-metric";
import { keepProbability, keepProbabilitySlope, thetaOf } from "./hard-concrete";
import { type Selection, selected, thetaScores } from "./learned-scores";
import { checkSize, type MaskSize, type Multipliers, sizeCost } from "./size";
import { type MaskedTask, MaskTraining } from "./training";

export interface LearnMasksOptions extends Partial<MaskedTask> {
  readonly size: MaskSize;
  readonly steps: number;
  /** Of Adam; default 0.1. */
  readonly learningRate?: number;
  /** Deterministic mask to begin with; default 0.9. */
  readonly keep?: number;
  /** How a circuit is made of the masks; elements whose mask without noise is at least 0.5 when absent. */
  readonly select?: Selection;
  /** Prompts that are not learned from. */
  readonly test?: Task;
  /** Steps between looks at them; only at the end when absent. */
  readonly testEvery?: number;
  readonly inputs?: GraphShape["inputs"];
  readonly embedding?: GraphShape["embedding"];
  /** Where an earlier run stopped: with the same options it ends as if it had not. */
  readonly resume?: MaskState;
  /** Called with a state of its own every 10 steps. */
  readonly onState?: (state: MaskState) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export const learnMasksKeys: OptionKeys<LearnMasksOptions> = {
  size: "required",
  steps: "required",
  learningRate: "optional",
  keep: "optional",
  select: "optional",
  test: "optional",
  testEvery: "optional",
  inputs: "optional",
  embedding: "optional",
  resume: "optional",
  onState: "optional",
  onProgress: "optional",
  component: "optional",
  direction: "optional",
  value: "optional",
  metric: "optional",
  samples: "optional",
  seed: "optional",
  batchSize: "optional",
  signal: "optional",
};

export interface MaskStep {
  readonly step: number;
  /** Faithfulness and size together. */
  readonly loss: number;
  readonly faithfulness: number;
  /** Expected number of elements whose mask is not 0. */
  readonly size: number;
  /** Loss of the masks without noise on the prompts that are not learned from. */
  readonly heldOut?: number;
}

/** Plain data; JSON by `stateToJSON`. */
export type MaskState = JobState<{
  readonly step: number;
  readonly theta: Float64Array;
  readonly adam: AdamState;
  readonly multipliers: Multipliers;
  readonly history: readonly MaskStep[];
}>;

export interface LearnedMasks {
  /** P(mask > 0) by element; negative where a large metric is learned, so that ablating lowers it. */
  readonly scores: Scores;
  readonly circuit: Circuit;
  readonly history: readonly MaskStep[];
  readonly heldOut: number | undefined;
  readonly state: MaskState;
}

/**
 * Learns how much of every edge or node to keep: hard-concrete masks by gradients through the dense graph, Adam on their parameters.
 *
 * Throws `RangeError` for sizes that cannot be and for a state of another job.
 *
 * @example await learnMasks(model, train, { test, size: { target: 200 }, steps: 500, select: { size: 200 } });
 */
export async function learnMasks(
  model: Model,
  task: Task,
  options: LearnMasksOptions,
): Promise<LearnedMasks> {
  checkOptions("learnMasks", options, learnMasksKeys);
  const { steps, onState, testEvery, test, learningRate = 0.1 } = options;
  const { component = "edge", seed = 0 } = options;
  const job = new Job(options);
  job.expect(options.steps);
  const graph = new EdgeGraph(chosenShape(model, options));
  const all = component === "edge" ? graph.edgeCount : graph.sources.length;
  checkSize(options.size, all);
  const { select: _, ...learned } = recorded(options, component);
  const identity = await identifyTaskJob(model, "diopter/learned-masks", {
    task,
    shape: graph.shape,
    ...learned,
    metric: options.metric ?? "kl",
    value: options.value ?? { kind: "resample", from: "paired" },
    test,
    testEvery,
    seed,
    batchSize: options.batchSize ?? "auto",
  });
  let { step, theta, adam: moments, multipliers, history } = begun(options, all, identity);
  const training = await MaskTraining.of(model, graph, task, { ...options, component, seed });
  const held = test && (await MaskTraining.of(model, graph, test, { ...options, component, seed }));
  job.restore(step);
  const state = (): MaskState =>
    jobState(identity, structuredClone({ step, theta, adam: moments, multipliers, history }));
  let heldOut: number | undefined;
  for (; step < steps; step++) {
    job.proceed();
    const { faithfulness, gradient } = await training.gradient(theta, step);
    const size = theta.reduce((sum, x) => sum + keepProbability(x), 0);
    const price = sizeCost(options.size, size, all, step, multipliers);
    for (let i = 0; i < all; i++) gradient[i]! += price.slope * keepProbabilitySlope(theta[i]!);
    adam({ theta }, { theta: gradient }, moments, { learningRate });
    multipliers = price.multipliers;
    const last = step + 1 === steps;
    const look = held && (last || (testEvery !== undefined && (step + 1) % testEvery === 0));
    heldOut = look ? await held.heldOut(theta) : undefined;
    history.push({
      step,
      loss: faithfulness + price.cost,
      faithfulness,
      size,
      ...(heldOut !== undefined && { heldOut }),
    });
    const done = step + 1;
    job.step();
    if (done % 10 === 0 && !last && onState) {
      const { data, ...whose } = state();
      onState({ ...whose, data: { ...data, step: done } });
    }
  }
  const finished = state();
  onState?.(finished);
  const record: ScoreRecord = {
    method: "learned masks",
    options: recorded(options, component),
    passes: {
      forward: training.passes.forward + (held?.passes.forward ?? 0),
      backward: training.passes.backward,
    },
    prompts: task.prompts.length,
    seed,
    milliseconds: job.milliseconds,
  };
  const scores = thetaScores(graph, component, theta, training.sign, record);
  const circuit = selected(graph, component, theta, scores, options.select);
  return { scores, circuit, history, heldOut: heldOut ?? history.at(-1)?.heldOut, state: finished };
}

/** The start, or where an earlier run stopped. */
function begun(
  { resume, keep = 0.9, steps }: LearnMasksOptions,
  all: number,
  identity: JobIdentity,
) {
  if (!resume) {
    const theta = new Float64Array(all).fill(thetaOf(keep));
    const multipliers: Multipliers = [0, 0];
    const history: MaskStep[] = [];
    return { step: 0, theta, adam: adamState({ theta }), multipliers, history };
  }
  const data = resumeData("mask learning", resume, identity, ({ theta, adam, step, history }) => {
    const isWhole = (array: unknown) => array instanceof Float64Array && array.length === all;
    const arrays = [theta, adam?.mean?.theta, adam?.square?.theta];
    return arrays.every(isWhole) && history?.length === step && adam.step === step && step <= steps;
  });
  return structuredClone({ ...data, history: [...data.history] });
}

function recorded(options: LearnMasksOptions, component: "edge" | "node") {
  const { direction = "ablate-clean", metric = "kl", size, steps, learningRate = 0.1 } = options;
  const { keep = 0.9, samples = "prompt", select = { threshold: 0.5 } } = options;
  const { value = { kind: "resample", from: "paired" } } = options;
  return {
    component,
    direction,
    metric: nameOf(metric as MetricChoice),
    size,
    steps,
    learningRate,
    keep,
    samples,
    select,
    value: valueRecord(value),
    ...(options.test && { test: options.test.prompts.length }),
  };
}
