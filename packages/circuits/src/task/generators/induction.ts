/** @file Random tokens twice over: the second time round each follows as it did before (Olsson et al. 2022). */

import { checkOptions, Random } from "@diopter/tensor";
import type { Task, TaskPrompt } from "../task";
import {
  answerToken,
  promptPrefix,
  singleTokenWords,
  type Tokenized,
  tokenizerOf,
} from "../tokenizer";
import { distinctPrompts } from "./distinct";
import { docstringNouns } from "./docstring-words";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

export interface InductionOptions extends GeneratorOptions {
  /** Words to repeat; common nouns unless told. */
  readonly words?: readonly string[] | undefined;
  /** Token ids to repeat, in place of words. */
  readonly tokens?: readonly number[] | undefined;
  /** Tokens of one round; 10 unless told. */
  readonly length?: number | undefined;
}

/**
 * A round of different random tokens and all but the last of it again; the corruption `other-first-half` has other
 * tokens the first time round.
 *
 * Wrong answers are the other tokens of the round. Positions: `A1` (the last token's first time), `B1` (the answer
 * after it), `second` (where the second round begins), `end`. Throws `RangeError` for fewer than 2 `length` tokens.
 *
 * @example
 * const task = induction(model, { n: 100, seed: 0, length: 20 });
 */
export function induction(model: Tokenized, options: InductionOptions = {}): Task {
  checkOptions("induction", options, {
    ...generatorKeys,
    words: "optional",
    tokens: "optional",
    length: "optional",
  });
  const tokenizer = tokenizerOf("induction", model);
  const { n = 100, seed = 0, length = 10, words = docstringNouns } = options;
  if (!Number.isInteger(length) || length < 2) {
    throw new RangeError(`induction: length is ${length}, expected a whole number from 2`);
  }
  const prefix = promptPrefix("induction", tokenizer, options.prependBos);
  const pool = options.tokens
    ? [...new Set(options.tokens)]
    : singleTokenWords("induction", tokenizer, words, { kind: "words" }).map((word) =>
        answerToken("induction", tokenizer, "the", ` ${word}`),
      );
  if (pool.length < 2 * length) {
    throw new RangeError(`induction: ${pool.length} tokens, expected at least ${2 * length}`);
  }
  const random = Random.from(seed);
  const draw = (): TaskPrompt[] => {
    const drawn = random.sample(pool, 2 * length);
    const [round, others] = [drawn.slice(0, length), drawn.slice(length)];
    const again = round.slice(0, -1);
    const second = prefix.length + length;
    return [
      {
        id: `induction/${round.join(" ")}`,
        clean: [...prefix, ...round, ...again],
        corrupt: { "other-first-half": [...prefix, ...others, ...again] },
        answers: [round.at(-1)!],
        wrong: again,
        positions: { A1: second - 2, B1: second - 1, second, end: second + length - 2 },
        groups: {},
      },
    ];
  };
  return {
    name: "induction",
    version: "1",
    source: "Olsson et al. 2022, arXiv 2209.11895",
    prompts: distinctPrompts("induction", n, draw),
    corruptions: ["other-first-half"],
    metric: "logit-difference",
    candidates: pool,
  };
}
