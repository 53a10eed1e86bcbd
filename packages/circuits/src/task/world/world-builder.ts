/** @file From sentences of the world to the prompts of a task. */

import { type OptionKeys, Random } from "@diopter/tensor";
import { checkTask } from "../check-task";
import { distinctPrompts } from "../generators/distinct";
import type { Task, TaskPrompt } from "../task";
import type { TaskTokenizer } from "../tokenizer";
import type {
  WorldBlank,
  WorldData,
  WorldSentence,
  WorldSource,
  WorldSplit,
  WorldTaskName,
} from "./world-source";

export interface WorldTaskOptions {
  /** How many different prompts; 100 unless told, or all where there are fewer sentences. */
  readonly n?: number | undefined;
  /** 0 unless told. */
  readonly seed?: number | undefined;
  /** The part of the world; `"test"` unless told: combinations that the models have not been trained on. */
  readonly split?: WorldSplit | undefined;
  /** Only prompts of these groups, such as `{ template: "0", order: "ABBA" }`. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
}

export const worldKeys: OptionKeys<WorldTaskOptions> = {
  n: "optional",
  seed: "optional",
  split: "optional",
  groups: "optional",
};

/** What one kind of sentence becomes. */
export interface WorldRecipe {
  readonly name: string;
  readonly sentences: WorldTaskName;
  readonly metric: string;
  readonly source?: string;
  /** Whether all sentences of a split can be listed. */
  readonly finite?: boolean;
  readonly corruptions: readonly string[];
  readonly candidates: readonly string[];
  /** Sentences that make no prompt are left out. */
  readonly keep?: (sentence: WorldSentence) => boolean;
  /** The word that is asked for; the last unless told. */
  readonly blank?: (sentence: WorldSentence) => WorldBlank;
  /** Corruptions and names of a prompt, indices as in `words`; undefined where nothing corrupts it. */
  readonly describe: (asked: Asked, random: Random) => Described | undefined;
}

/** A sentence and the word that it is asked for; `words` end before it. */
export interface Asked {
  readonly sentence: WorldSentence;
  readonly words: readonly string[];
  readonly answer: string;
}

export interface Described {
  readonly corrupt: Readonly<Record<string, readonly string[]>>;
  readonly positions: Readonly<Record<string, number>>;
  readonly groups: Readonly<Record<string, string>>;
  /** Wrong answers besides the sentence's own. */
  readonly wrong?: readonly string[];
}

/** Ids of the world's words; throws `RangeError` when the tokenizer is not the world's. */
export function worldIds(
  { vocabulary, pools }: WorldData,
  tokenizer: TaskTokenizer,
): (word: string) => number {
  const ids = new Map(vocabulary.map((word, id) => [word, id]));
  const sample = pools.name?.[0] ?? vocabulary.at(-1)!;
  const encoded = tokenizer.encode(sample);
  if (tokenizer.bos !== ids.get("<bos>") || encoded.join() !== String(ids.get(sample))) {
    throw new RangeError(
      `world: the tokenizer is not the world's: "${sample}" is [${encoded}], expected [${ids.get(sample)}]; <bos> is ${tokenizer.bos}, expected ${ids.get("<bos>")}`,
    );
  }
  return (word) => {
    const id = ids.get(word);
    if (id === undefined) throw new RangeError(`world: "${word}" is not in the vocabulary`);
    return id;
  };
}

/** A task of the world; prompts begin with `<bos>`, as the sentences did that the models were trained on. */
export function worldTask(
  source: WorldSource,
  idOf: (word: string) => number,
  recipe: WorldRecipe,
  { n, seed = 0, split = "test", groups = {} }: WorldTaskOptions,
): Task {
  const who = `world.${recipe.name}`;
  const random = new Random(seed).fork(recipe.name);
  const bos = idOf("<bos>");
  const encode = (words: readonly string[]) => [bos, ...words.map(idOf)];
  const make = (sentence: WorldSentence): TaskPrompt[] => {
    const blank = recipe.blank?.(sentence) ?? sentence.blanks.at(-1);
    if (blank === undefined || recipe.keep?.(sentence) === false) return [];
    const words = sentence.words.slice(0, blank.position);
    const described = recipe.describe({ sentence, words, answer: blank.answers[0]! }, random);
    if (described === undefined) return [];
    if (Object.entries(groups).some(([group, wanted]) => described.groups[group] !== wanted))
      return [];
    return [
      {
        id: `${recipe.name}/${words.join(" ")}`,
        clean: encode(words),
        corrupt: Object.fromEntries(
          recipe.corruptions.map((name) => [name, encode(described.corrupt[name]!)]),
        ),
        answers: blank.answers.map(idOf),
        wrong: [...blank.wrong, ...(described.wrong ?? [])].map(idOf),
        positions: Object.fromEntries(
          Object.entries({ ...described.positions, end: words.length - 1 }).map(([name, index]) => [
            name,
            index + 1,
          ]),
        ),
        groups: described.groups,
      },
    ];
  };
  const prompts = recipe.finite
    ? listed(who, source.sentences(recipe.sentences, { split }), make, random, n)
    : distinctPrompts(who, n ?? 100, drawing(source, recipe.sentences, split, seed, make));
  return checkTask({
    name: recipe.name,
    version: "1",
    ...(recipe.source === undefined ? {} : { source: recipe.source }),
    prompts,
    corruptions: recipe.corruptions,
    metric: recipe.metric,
    candidates: recipe.candidates.map(idOf),
  });
}

/** Prompts of a list of sentences in random order. */
function listed(
  who: string,
  all: readonly WorldSentence[],
  make: (sentence: WorldSentence) => TaskPrompt[],
  random: Random,
  n: number | undefined,
): TaskPrompt[] {
  const prompts = random.shuffle(all).flatMap(make);
  if (n === undefined) return prompts.slice(0, 100);
  return distinctPrompts(who, n, () => prompts.splice(0, 1));
}

/** A function that draws prompts one by one, the same ones however many are asked for. */
function drawing(
  source: WorldSource,
  task: WorldTaskName,
  split: WorldSplit,
  seed: number,
  make: (sentence: WorldSentence) => TaskPrompt[],
): () => TaskPrompt[] {
  let drawn: readonly WorldSentence[] = [];
  let used = 0;
  return () => {
    // Sentences come from one stream: a longer list begins with the shorter one.
    if (used === drawn.length)
      drawn = source.sentences(task, { split, n: Math.max(128, 2 * used), seed });
    return make(drawn[used++]!);
  };
}
