/** @file The tasks of the synthetic world, for the models of `@diopter/tiny-models`. */

import { checkOptions, type Random } from "@diopter/tensor";
import { type DocstringArguments, docstringCorruptions } from "./generators/docstring-corruptions";
import { ioiPositions } from "./generators/ioi";
import { corruptNames, type IoiNames, ioiCorruptions } from "./generators/ioi-corruptions";
import { ioiTemplateName } from "./generators/ioi-words";
import type { Task } from "./task";
import { type Tokenized, tokenizerOf } from "./tokenizer";
import {
  type WorldRecipe,
  type WorldTaskOptions,
  worldIds,
  worldKeys,
  worldTask,
} from "./world/world-builder";
import { worldCapitals, worldCompanies, worldProducts, worldSports } from "./world/world-facts";
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
    (options = {}) => {
      checkOptions(`world.${name}`, options, worldKeys);
      return worldTask(source, idOf, recipe(data), options);
    },
  ]);
  return Object.fromEntries(made) as WorldTasks;
}

/** The next argument of a docstring. */
export function worldDocstring({ pools }: WorldData): WorldRecipe {
  const names = pools.argument!;
  return {
    name: "docstring",
    sentences: "docstring",
    metric: "accuracy",
    source: "Heimersheim and Janiak 2023; sentences of @diopter/tiny-models",
    corruptions: Object.keys(docstringCorruptions),
    candidates: names,
    describe: ({ sentence, words }, random: Random) => {
      const { A, B, C, A2, B2 } = sentence.positions as Readonly<Record<string, number>>;
      const at: DocstringArguments<number> = { A: A!, B: B!, C: C!, docA: A2!, docB: B2! };
      const unused = random.sample(
        names.filter((name) => !words.includes(name)),
        5,
      );
      const corrupt = Object.entries(docstringCorruptions).map(([name, slots]) => {
        const corrupted = [...words];
        slots.forEach((slot, i) => {
          corrupted[at[slot]] = unused[i]!;
        });
        return [name, corrupted] as const;
      });
      return {
        corrupt: Object.fromEntries(corrupt),
        wrong: unused,
        positions: {
          A_def: at.A,
          B_def: at.B,
          ",_B": at.B + 1,
          C_def: at.C,
          A_doc: at.docA,
          param_2: at.docB - 1,
          B_doc: at.docB,
          param_3: words.length - 1,
        },
        groups: { template: sentence.template },
      };
    },
  };
}

/** The fifteen templates in both orders; sentences with a third person are left out. */
export function worldIoi({ pools }: WorldData): WorldRecipe {
  const names = pools.name!;
  let forks: Record<"ABC" | "random-name-flip", Random> | undefined;
  return {
    name: "ioi",
    sentences: "ioi",
    metric: "logit-difference",
    source: "Wang et al. 2022, arXiv 2211.00593; templates of @diopter/tiny-models",
    corruptions: ioiCorruptions,
    candidates: names,
    keep: ({ group }) => group === "ABBA" || group === "BABA",
    describe: ({ sentence, words }, random) => {
      forks ??= {
        ABC: random.fork("ABC"),
        "random-name-flip": random.fork("random-name-flip"),
      };
      const { IO, S1, S2 } = sentence.positions as unknown as IoiNames<number>;
      const clean = { IO: words[IO]!, S1: words[S1]!, S2: words[S2]! };
      const corrupt = corruptNames(clean, names, forks);
      const renamed = (people: IoiNames) =>
        words.with(IO, people.IO).with(S1, people.S1).with(S2, people.S2);
      return {
        corrupt: Object.fromEntries(ioiCorruptions.map((name) => [name, renamed(corrupt[name])])),
        positions: ioiPositions({
          IO,
          S1,
          S2,
          starts: 0,
          end: words.length - 1,
          punct: words.findLastIndex((word) => word === "." || word === ","),
        }),
        groups: { template: ioiTemplateName(sentence.template), order: sentence.group },
      };
    },
  };
}
