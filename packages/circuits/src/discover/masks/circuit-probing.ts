/** @file Circuit probing: masks learned for several sizes; what is in many of the circuits matters most. Miller et al. 2024. */

import type { Model } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import type { Circuit } from "../../graph/circuit";
import { Job } from "../../run/job";
import type { Task } from "../../task/task";
import { type ScoreRecord, Scores } from "../scores/scores";
import {
  type LearnedMasks,
  type LearnMasksOptions,
  learnMasks,
  learnMasksKeys,
} from "./learn-masks";

const { size: _a, select: _b, resume: _c, onState: _d, ...learningKeys } = learnMasksKeys;

export interface CircuitProbingOptions
  extends Omit<LearnMasksOptions, "size" | "select" | "resume" | "onState"> {
  readonly sizes: readonly number[];
  /** Price of being too large, in multiples of the size; default 1. */
  readonly weight?: number;
}

export interface CircuitProbing {
  /** How many of the circuits have an element; signed as in `learnMasks`. */
  readonly scores: Scores;
  /** By rising size. */
  readonly circuits: readonly Circuit[];
  readonly heldOut: readonly (number | undefined)[];
}

/** Learns masks for each of several sizes with the same seed. Throws `RangeError` without sizes. */
export async function circuitProbing(
  model: Model,
  task: Task,
  options: CircuitProbingOptions,
): Promise<CircuitProbing> {
  checkOptions("circuitProbing", options, {
    ...learningKeys,
    sizes: "required",
    weight: "optional",
  });
  const { sizes, weight = 1, onProgress, ...learning } = options;
  const rising = [...new Set(sizes)].sort((a, b) => a - b);
  if (rising.length === 0) throw new RangeError("circuit probing: no sizes");
  const job = new Job({ onProgress });
  job.expect(rising.length * options.steps);
  const learned: LearnedMasks[] = [];
  for (const [i, size] of rising.entries()) {
    learned.push(
      await learnMasks(model, task, {
        ...learning,
        size: { target: size, weight },
        select: { size },
        ...(onProgress && {
          onProgress: ({ done, total }) => job.reach(total * i + done),
        }),
      }),
    );
  }
  const first = learned[0]!.scores;
  const values = new Float64Array(first.values.length);
  for (const { circuit, scores } of learned)
    for (const element of circuit.placement.keys())
      values[element]! += Math.sign(scores.values[element]!);
  const passes = (side: "forward" | "backward") =>
    learned.reduce((sum, { scores }) => sum + scores.record.passes[side], 0);
  const record: ScoreRecord = {
    ...first.record,
    method: "circuit probing",
    options: { ...first.record.options, size: { targets: rising, weight }, select: "each size" },
    passes: { forward: passes("forward"), backward: passes("backward") },
    milliseconds: job.milliseconds,
  };
  return {
    scores: new Scores(first.graph, first.component, values, record),
    circuits: learned.map(({ circuit }) => circuit),
    heldOut: learned.map(({ heldOut }) => heldOut),
  };
}
