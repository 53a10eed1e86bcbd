/** @file TransformerLens's reference models a and b, with their prompts. */

import { Model, type Runtime } from "@diopter/model";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";

export interface Pairs {
  readonly clean: number[][];
  readonly corrupt: number[][];
  readonly right: number[];
  readonly wrong: number[];
  readonly clean_logit_diff: number[];
}

export function pairs(): Pairs {
  return readJson<Pairs>(goldenPath("transformerlens/pairs.json"));
}

export async function openModel(which: "a" | "b", runtime: Runtime): Promise<Model> {
  const folder = goldenPath(`transformerlens/${which}`);
  return Model.load(
    {
      config: readJson(`${folder}/config.json`),
      weights: readTensors(`${folder}/weights.safetensors`),
      id: which,
    },
    { runtime },
  );
}
