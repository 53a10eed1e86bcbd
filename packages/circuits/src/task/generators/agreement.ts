/** @file Verbs that agree with their subject, not with the nearer noun: "The keys near the cabinet". */

import { checkOptions, Random } from "@diopter/tensor";
import { fillSlots, slotTokens } from "../slots";
import type { Task, TaskPrompt } from "../task";
import {
  answerToken,
  promptPrefix,
  singleTokenWords,
  type Tokenized,
  tokenizerOf,
} from "../tokenizer";
import { distinctPrompts } from "./distinct";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

/** A word in both numbers. */
export type NumberPair = readonly [singular: string, plural: string];

export interface AgreementOptions extends GeneratorOptions {
  /** With `{SUBJECT}` and, before the verb's place at the end, `{ATTRACTOR}`. */
  readonly templates?: readonly string[] | undefined;
  readonly nouns?: readonly NumberPair[] | undefined;
  /** Verbs among which the right one has the subject's number. */
  readonly verbs?: readonly NumberPair[] | undefined;
}

/** Nouns in both numbers. */
export const agreementNouns: readonly NumberPair[] = (
  "key cabinet picture lamp door dog cat horse bird cow teacher student doctor nurse farmer singer " +
  "painter pilot sailor guard letter desk chair car truck boat train plane coat shirt hat boot " +
  "apple orange pear carrot onion coin book table"
)
  .split(" ")
  .map((noun) => [noun, `${noun}s`]);

/** Verbs in both numbers. */
export const agreementVerbs: readonly NumberPair[] = [
  ["is", "are"],
  ["was", "were"],
  ["has", "have"],
];

const defaultTemplates = [
  "The {SUBJECT} near the {ATTRACTOR}",
  "The {SUBJECT} behind the {ATTRACTOR}",
  "The {SUBJECT} beside the {ATTRACTOR}",
];

/**
 * Prompts that end before a verb; corruptions `number-flip` (the subject in the other number) and `attractor-flip`.
 *
 * Answers are all verbs in the subject's number. Positions: `subject`, `attractor`, `end`. Groups: `template`,
 * `subject` (singular, plural), `attractor` (same, different). Throws `RangeError` for too few single-token words.
 *
 * @example
 * const task = agreement(model, { n: 100, seed: 0 });
 */
export function agreement(model: Tokenized, options: AgreementOptions = {}): Task {
  checkOptions("agreement", options, {
    ...generatorKeys,
    templates: "optional",
    nouns: "optional",
    verbs: "optional",
  });
  const tokenizer = tokenizerOf("agreement", model);
  const { n = 100, seed = 0, templates = defaultTemplates } = options;
  const prefix = promptPrefix("agreement", tokenizer, options.prependBos);
  const pairs = (words: readonly NumberPair[], kind: string, least: number) => {
    const single = new Set(singleTokenWords("agreement", tokenizer, words.flat(), { kind }));
    const kept = words.filter((pair) => pair.every((word) => single.has(word)));
    if (kept.length >= least) return kept;
    throw new RangeError(
      `agreement: ${kept.length} of ${words.length} ${kind} are single tokens in both numbers, expected at least ${least}`,
    );
  };
  const nouns = pairs(options.nouns ?? agreementNouns, "nouns", 2);
  const verbs = pairs(options.verbs ?? agreementVerbs, "verbs", 1);
  for (const template of templates) {
    if (!template.includes("{SUBJECT}") || !template.includes("{ATTRACTOR}")) {
      throw new RangeError(`agreement: template "${template}" lacks {SUBJECT} or {ATTRACTOR}`);
    }
  }
  const random = Random.from(seed);

  const draw = (): TaskPrompt[] => {
    const [subject, attractor] = random.sample(nouns, 2) as [NumberPair, NumberPair];
    const template = random.choice(templates);
    const [number, other] = [random.integer(0, 2), random.integer(0, 2)] as [0 | 1, 0 | 1];
    const filled = (at: 0 | 1, near: 0 | 1) =>
      fillSlots("agreement", template, { SUBJECT: subject[at], ATTRACTOR: attractor[near] });
    const encode = (at: 0 | 1, near: 0 | 1) => [
      ...prefix,
      ...tokenizer.encode(filled(at, near).text),
    ];
    const clean = filled(number, other);
    const { ids, at } = slotTokens("agreement", tokenizer, clean, prefix.length);
    const flip = (index: 0 | 1) => (1 - index) as 0 | 1;
    const tokens = (index: 0 | 1) =>
      verbs.map((verb) => answerToken("agreement", tokenizer, clean.text, ` ${verb[index]}`));
    return [
      {
        id: `agreement/${clean.text}`,
        clean: [...prefix, ...ids],
        corrupt: {
          "number-flip": encode(flip(number), other),
          "attractor-flip": encode(number, flip(other)),
        },
        answers: tokens(number),
        wrong: tokens(flip(number)),
        positions: {
          subject: at.SUBJECT!.from,
          attractor: at.ATTRACTOR!.from,
          end: prefix.length + ids.length - 1,
        },
        groups: {
          template,
          subject: number === 0 ? "singular" : "plural",
          attractor: number === other ? "same" : "different",
        },
      },
    ];
  };

  return {
    name: "agreement",
    version: "1",
    prompts: distinctPrompts("agreement", n, draw),
    corruptions: ["number-flip", "attractor-flip"],
    metric: "logit-difference",
    candidates: verbs.flat().map((verb) => answerToken("agreement", tokenizer, "the", ` ${verb}`)),
  };
}
