/** @file TransformerLens's reference model with its six pairs, as model and task. */

import { Model, type Runtime } from "@diopter/model";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";
import type { Task } from "../../src/task/task";

export async function goldenModel(runtime: Runtime): Promise<Model> {
  const folder = goldenPath("transformerlens/a");
  return Model.load(
    {
      config: readJson(`${folder}/config.json`),
      weights: readTensors(`${folder}/weights.safetensors`),
      id: "a",
    },
    { runtime },
  );
}

interface Pairs {
  readonly clean: number[][];
  readonly corrupt: number[][];
  readonly right: number[];
  readonly wrong: number[];
}

export function goldenTask(): Task {
  const pairs = readJson<Pairs>(goldenPath("transformerlens/pairs.json"));
  return {
    name: "pairs",
    version: "1",
    corruptions: ["other"],
    metric: "logit-difference",
    prompts: pairs.clean.map((clean, i) => ({
      id: `pair ${i}`,
      clean,
      corrupt: { other: pairs.corrupt[i]! },
      answers: [pairs.right[i]!],
      wrong: [pairs.wrong[i]!],
      positions: {},
      groups: {},
    })),
  };
}
