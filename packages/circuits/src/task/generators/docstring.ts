/** @file Docstrings whose next argument must be looked up (Heimersheim and Janiak 2023). */

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
import { type DocstringArguments, docstringCorruptions } from "./docstring-corruptions";
import { docstringArguments, docstringMethods, docstringNouns } from "./docstring-words";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

export interface DocstringOptions extends GeneratorOptions {
  readonly methods?: readonly string[] | undefined;
  readonly arguments?: readonly string[] | undefined;
  /** Words of descriptions. */
  readonly nouns?: readonly string[] | undefined;
}

/** The prompt in REST style; its answer is `C`. */
const template = `
def {METHOD}(self, {X0}, {X1}, {A}, {B}, {C}, {X2}):
    """{N0} {N1} {N2}

    :param {docA}: {N3} {N4}
    :param {docB}: {N5} {N6}
    :param`;

/**
 * Docstring prompts: two arguments before the three that are described, one after them.
 *
 * Positions: `A_def`, `B_def`, `,_B`, `C_def`, `A_doc`, `param_2`, `B_doc`, `param_3` (the last token), `end`. Wrong
 * answers are all other names of the prompt and of its corruptions. Throws `RangeError` for too few single-token words.
 *
 * @example
 * const task = docstring(model, { n: 100, seed: 0 });
 */
export function docstring(model: Tokenized, options: DocstringOptions = {}): Task {
  checkOptions("docstring", options, {
    ...generatorKeys,
    methods: "optional",
    arguments: "optional",
    nouns: "optional",
  });
  const tokenizer = tokenizerOf("docstring", model);
  const { n = 100, seed = 0 } = options;
  const prefix = promptPrefix("docstring", tokenizer, options.prependBos);
  const single = (words: readonly string[], kind: string, least: number, after?: string) =>
    singleTokenWords("docstring", tokenizer, words, { kind, least, after });
  const names = single(options.arguments ?? docstringArguments, "arguments", 11);
  const methods = single(options.methods ?? docstringMethods, "methods", 1);
  const nouns = single(options.nouns ?? docstringNouns, "nouns", 8);
  const openings = single(nouns, "nouns after quotation marks", 1, '"""');
  const random = Random.from(seed);
  const streams = {
    names: random.fork("names"),
    nouns: random.fork("nouns"),
    corrupt: random.fork("corrupt"),
  };

  const draw = (): TaskPrompt[] => {
    const [X0, X1, A, B, C, X2] = streams.names.sample(names, 6) as [string, ...string[]];
    const own = { X0, X1: X1!, A: A!, B: B!, C: C!, X2: X2! };
    const METHOD = streams.names.choice(methods);
    const opening = streams.nouns.choice(openings);
    const others = streams.nouns.sample(
      nouns.filter((noun) => noun !== opening),
      6,
    );
    const said = Object.fromEntries([opening, ...others].map((noun, i) => [`N${i}`, noun]));
    const clean = { ...own, docA: own.A, docB: own.B, METHOD, ...said };
    const unused = streams.corrupt.sample(
      names.filter((name) => !Object.values(own).includes(name)),
      5,
    );
    const filled = fillSlots("docstring", template, clean);
    const { ids, at } = slotTokens("docstring", tokenizer, filled, prefix.length);
    const corrupted = (slots: readonly (keyof DocstringArguments)[]) => {
      const replaced = Object.fromEntries(slots.map((slot, i) => [slot, unused[i]!]));
      const { text } = fillSlots("docstring", template, { ...clean, ...replaced });
      return [...prefix, ...tokenizer.encode(text)];
    };
    const token = (name: string) => answerToken("docstring", tokenizer, filled.text, ` ${name}`);
    const wrong = [...Object.values(own), ...unused].filter((name) => name !== own.C);
    const end = prefix.length + ids.length - 1;
    return [
      {
        id: ["docstring", METHOD, ...Object.values(own), ...Object.values(said)].join("/"),
        clean: [...prefix, ...ids],
        corrupt: Object.fromEntries(
          Object.entries(docstringCorruptions).map(([name, slots]) => [name, corrupted(slots)]),
        ),
        answers: [token(own.C)],
        wrong: wrong.map(token),
        positions: {
          A_def: at.A!.from,
          B_def: at.B!.from,
          ",_B": at.B!.to,
          C_def: at.C!.from,
          A_doc: at.docA!.from,
          param_2: at.docB!.from - 1,
          B_doc: at.docB!.from,
          param_3: end,
          end,
        },
        groups: { template: "2-3-1" },
      },
    ];
  };

  return {
    name: "docstring",
    version: "1",
    source: "Heimersheim and Janiak 2023",
    prompts: distinctPrompts("docstring", n, draw),
    corruptions: Object.keys(docstringCorruptions),
    metric: "accuracy",
    candidates: names.map((name) => answerToken("docstring", tokenizer, "the", ` ${name}`)),
  };
}
