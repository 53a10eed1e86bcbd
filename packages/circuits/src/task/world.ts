/** @file The tasks of the synthetic world, for the models of `@diopter/tiny-models`. */

import type { Task } from "./task";
import { type Tokenized, tokenizerOf } from "./tokenizer";
import {
  type WorldRecipe,
  type WorldTaskOptions,
  worldIds,
  worldTask,
} from "./world/world-builder";
import { worldDocstring } from "./world/world-docstring";
import { worldCapitals, worldCompanies, worldProducts, worldSports } from "./world/world-facts";
import { worldIoi } from "./world/world-ioi";
import { worldAgreement, worldGreaterThan, worldInduction } from "./world/world-patterns";
import type { WorldData, WorldSource, WorldTaskName } from "./world/world-source";

/** A function that makes the task of this name. */
export type WorldTask = (options?: WorldTaskOptions) => Task;

const recipes = {
  ioi: worldIoi,
  docstring: worldDocstring,
  greaterThan: worldGreaterThan,
  sports: worldSports,
  capitals: worldCapitals,
  agreement: worldAgreement,
  induction: worldInduction,
  facts: worldProducts,
  companies: worldCompanies,
} as const satisfies Readonly<Record<WorldTaskName, (data: WorldData) => WorldRecipe>>;

/** One function per task. */
export type WorldTasks = Readonly<Record<WorldTaskName, WorldTask>>;

/**
 * Tasks from the functions `world` and `sentences` of `@diopter/tiny-models`: its templates, words and splits.
 *
 * Corruptions, the default first: `ioi` ABC, random-name-flip, IO-S1-flip, IO-from-S2; `docstring` random-random,
 * random-def, random-doc, random-answer; `greaterThan` 01; `sports` other-player; `capitals` other-country;
 * `agreement` number-flip, attractor-flip; `induction` other-first-half; `facts` other-product; `companies`
 * other-company. Throws `RangeError` for another tokenizer than the world's.
 *
 * @example
 * import { sentences, world } from "@diopter/tiny-models";
 * const task = worldTasks(model, { world, sentences }).ioi({ n: 100, seed: 0 });
 */
export function worldTasks(model: Tokenized, source: WorldSource): WorldTasks {
  const data = source.world();
  const idOf = worldIds(data, tokenizerOf("world", model));
  const made = Object.entries(recipes).map(([name, recipe]): [string, WorldTask] => [
    name,
    (options = {}) => worldTask(source, idOf, recipe(data), options),
  ]);
  return Object.fromEntries(made) as WorldTasks;
}
