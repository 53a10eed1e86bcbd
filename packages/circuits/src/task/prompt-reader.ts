/** @file One prompt of a file on its way to token ids. */

import { quoted } from "@diopter/graph";
import { tokenAdvice } from "@diopter/model";
import type { CheckOptions } from "./check-task";
import type { PromptAnswers, PromptJson, PromptsJson, PromptText } from "./prompt-json";
import type { SequenceAnswer, TaskPrompt } from "./task";
import { promptPrefix, startsWith, type TaskTokenizer } from "./tokenizer";

export interface LoadTaskOptions extends CheckOptions {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly source?: string | undefined;
  /** `"logit-difference"` unless told. */
  readonly metric?: string | undefined;
  readonly candidates?: readonly number[] | undefined;
  /** Begin prompts with the beginning-of-sequence token: text where the tokenizer has one, ids only when told. */
  readonly prependBos?: boolean | undefined;
  /** What a corruption without a name is called. */
  readonly corruption?: string | undefined;
  /** Answers per token are numbers that the model writes, not token ids. */
  readonly values?: boolean | undefined;
  /** Tokens at which answers per token do not count, as in the file; `[0]` for Tracr's first token. */
  readonly ignore?: readonly number[] | undefined;
}

/** Reads one prompt; every error names it. */
export class PromptReader {
  readonly #who: string;
  readonly #tokenizer: TaskTokenizer | undefined;
  readonly #options: LoadTaskOptions;
  readonly #prompt: PromptJson;
  readonly #prefix: readonly number[];

  constructor(
    place: string,
    tokenizer: TaskTokenizer | undefined,
    options: LoadTaskOptions,
    prompt: PromptJson,
  ) {
    this.#who = `${place} ${quoted(prompt.id ?? prompt.clean)}`;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#prompt = prompt;
    this.#prefix = this.#prefixOf(typeof prompt.clean === "string");
  }

  read(file: PromptsJson): TaskPrompt {
    const { clean, answers, wrong_answers: wrong = [], id } = this.#prompt;
    const ids = this.#ids(clean);
    const sequence = isPerToken(answers) ? this.#sequence(answers, wrong, ids.length) : undefined;
    const words = { ...file.word_idxs, ...this.#prompt.word_idxs };
    return {
      id: id ?? `${this.#options.name ?? "task"}/${textOf(clean)}`,
      clean: ids,
      corrupt: this.#corrupt(),
      answers: sequence ? [] : this.#tokens(answers),
      wrong: sequence ? [] : this.#tokens(wrong),
      positions: Object.fromEntries(
        Object.entries(words).map(([name, at]) => [name, at + this.#prefix.length]),
      ),
      groups: { ...file.groups, ...this.#prompt.groups },
      ...(sequence === undefined ? {} : { sequence }),
    };
  }

  #prefixOf(isText: boolean): readonly number[] {
    const { prependBos } = this.#options;
    if (!isText && prependBos !== true) return [];
    return promptPrefix(this.#who, this.#needed(), prependBos);
  }

  #needed(): TaskTokenizer {
    if (this.#tokenizer) return this.#tokenizer;
    throw new TypeError(`${this.#who} needs a tokenizer, got none`);
  }

  #ids(text: PromptText): readonly number[] {
    if (typeof text === "string") return [...this.#prefix, ...this.#needed().encode(text)];
    return [...this.#prefix, ...(text.flat(1) as number[])];
  }

  #corrupt(): Record<string, readonly number[]> {
    const { corrupt } = this.#prompt;
    const { corruption = "corrupt" } = this.#options;
    const named =
      typeof corrupt === "string" || Array.isArray(corrupt) ? { [corruption]: corrupt } : corrupt;
    return Object.fromEntries(
      Object.entries(named as Readonly<Record<string, PromptText>>).map(([name, text]) => [
        name,
        this.#ids(text),
      ]),
    );
  }

  #tokens(answers: PromptAnswers): readonly number[] {
    return (answers as readonly (string | number)[]).map((answer) => {
      if (typeof answer === "string") return this.#answer(answer);
      if (Number.isInteger(answer) && answer >= 0) return answer;
      throw new TypeError(`${this.#who}: answer ${quoted(answer)}, expected text or a token id`);
    });
  }

  /** The token of an answer as it stands after the prompt; alone where it melts into the prompt's last token. */
  #answer(answer: string): number {
    const tokenizer = this.#needed();
    const { unk } = tokenizer;
    const encode = (text: string) => tokenizer.encode(text);
    const { clean } = this.#prompt;
    if (typeof clean === "string") {
      const [before, after] = [encode(clean), encode(clean + answer)];
      const added = after.at(-1)!;
      if (startsWith(after, before) && after.length === before.length + 1 && added !== unk) {
        return added;
      }
    }
    const alone = encode(answer);
    if (alone.length === 1 && alone[0] !== unk) return alone[0]!;
    const count =
      alone.length === 1 ? "not in the vocabulary" : `${alone.length} tokens, expected 1`;
    const advice = tokenAdvice(tokenizer, answer);
    throw new RangeError(`${this.#who}: answer ${quoted(answer)} is ${count}${advice}`);
  }

  #sequence(
    answers: readonly (readonly number[])[],
    wrong: PromptAnswers,
    length: number,
  ): readonly SequenceAnswer[] {
    const { ignore = [], values = false } = this.#options;
    if (answers.length !== length - this.#prefix.length) {
      throw new RangeError(
        `${this.#who} has ${length - this.#prefix.length} tokens and answers for ${answers.length}`,
      );
    }
    return answers.flatMap((here, at): SequenceAnswer[] => {
      if (ignore.includes(at)) return [];
      const pos = at + this.#prefix.length;
      if (values) return here.map((value) => ({ pos, value }));
      const bad = isPerToken(wrong) ? wrong[at] : undefined;
      return here.length === 0
        ? []
        : [
            {
              pos,
              answers: this.#tokens(here),
              ...(bad === undefined ? {} : { wrong: this.#tokens(bad) }),
            },
          ];
    });
  }
}

/** Whether there is one list of answers per token. */
function isPerToken(answers: PromptAnswers): answers is readonly (readonly number[])[] {
  return answers.length > 0 && Array.isArray(answers[0]);
}

const textOf = (text: PromptText): string =>
  typeof text === "string" ? text : text.flat(1).join(" ");
