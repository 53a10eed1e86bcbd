/** @file Files of prompts as AutoCircuit writes them, with what a careful author can add. */

import * as v from "valibot";
import { fields, finite, index, list, maybe, named, readAs, text } from "../schema/schema";

/** Text, or token ids; ids may be nested one deep. */
export type PromptText = string | readonly number[] | readonly (readonly number[])[];

/** Answers as text, as token ids, or as one list for every token of the prompt. */
export type PromptAnswers = readonly string[] | readonly number[] | readonly (readonly number[])[];

/** Indices of tokens by name, the beginning-of-sequence token not counted. */
export type WordIndices = Readonly<Record<string, number>>;

export interface PromptJson {
  readonly clean: PromptText;
  /** One corruption, or several by name. */
  readonly corrupt: PromptText | Readonly<Record<string, PromptText>>;
  readonly answers: PromptAnswers;
  readonly wrong_answers?: PromptAnswers | undefined;
  /** Positions of this prompt; they come before the file's. */
  readonly word_idxs?: WordIndices | undefined;
  readonly groups?: Readonly<Record<string, string>> | undefined;
  readonly id?: string | undefined;
}

/** A file of prompts. */
export interface PromptsJson {
  /** One label per token, for drawing; tasks do not keep them. */
  readonly seq_labels?: readonly string[] | undefined;
  readonly word_idxs?: WordIndices | undefined;
  /** Groups of all prompts of the file, such as `{ template: "3", order: "ABBA" }`. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  readonly prompts: readonly PromptJson[];
}

const promptText = v.lazy((value) =>
  typeof value === "string"
    ? text
    : v.array(
        v.lazy((entry) => (Array.isArray(entry) ? list(index) : index)),
        "text or token ids",
      ),
);

/** Numbers per token may be what the model writes; which it is, options say. */
const promptAnswers = v.lazy((answers) =>
  Array.isArray(answers) && Array.isArray(answers[0])
    ? list(list(finite))
    : v.array(
        v.lazy((answer) => (typeof answer === "string" ? text : index)),
        "a list of texts, token ids or lists",
      ),
);

const promptSchema = fields({
  clean: promptText,
  corrupt: v.lazy((corrupt) =>
    typeof corrupt === "string" || Array.isArray(corrupt) ? promptText : named(promptText),
  ),
  answers: promptAnswers,
  wrong_answers: maybe(promptAnswers),
  word_idxs: maybe(named(index)),
  groups: maybe(named(text)),
  id: maybe(text),
});

const promptsSchema = fields({
  word_idxs: maybe(named(index)),
  groups: maybe(named(text)),
  prompts: list(promptSchema),
});

/** A file of prompts as data, without what tasks do not keep. Throws naming the prompt and the field that is wrong. */
export function parsePrompts(json: unknown, subject: string): PromptsJson {
  return readAs(promptsSchema, json, subject) as PromptsJson;
}
