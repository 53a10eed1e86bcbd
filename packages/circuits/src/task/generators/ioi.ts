/** @file Indirect objects (Wang et al. 2022, arXiv 2211.00593): "Then, John and Mary ... John gave a ring to". */

import { checkOptions, Random } from "@diopter/tensor";
import { fillSlots, lastMark, slotTokens } from "../slots";
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
import { corruptNames, type IoiNames, ioiCorruptions } from "./ioi-corruptions";
import { ioiNames, ioiObjects, ioiPlaces, ioiTemplateName, ioiTemplates } from "./ioi-words";

export type IoiOrder = "ABBA" | "BABA";

export interface IoiOptions extends GeneratorOptions {
  readonly names?: readonly string[] | undefined;
  readonly places?: readonly string[] | undefined;
  readonly objects?: readonly string[] | undefined;
  /** In BABA order with slots `{A}`, `{B}`, `{PLACE}` and `{OBJECT}`, such as `ioiTemplates`. */
  readonly templates?: readonly string[] | undefined;
  readonly orders?: readonly IoiOrder[] | undefined;
  /** Which pairs of people may occur, indirect object first; all unless told. */
  readonly allow?: ((io: string, subject: string) => boolean) | undefined;
}

/**
 * Indirect-object prompts, in turn from every template; both orders of a template hold the same people.
 *
 * Groups: `template` (its number, or the text of one's own) and `order`. Positions: `IO`, `IO-1`, `IO+1`, `S1`,
 * `S1-1`, `S1+1`, `S2`, `end`, `starts`, `punct`. Throws `RangeError` for templates without both names twice and
 * for too few single-token words.
 *
 * @example
 * const task = ioi(model, { n: 100, seed: 0 });
 */
export function ioi(model: Tokenized, options: IoiOptions = {}): Task {
  checkOptions("ioi", options, {
    ...generatorKeys,
    names: "optional",
    places: "optional",
    objects: "optional",
    templates: "optional",
    orders: "optional",
    allow: "optional",
  });
  const tokenizer = tokenizerOf("ioi", model);
  const { n = 100, seed = 0, orders = ["ABBA", "BABA"], allow = () => true } = options;
  const { templates = ioiTemplates } = options;
  const prefix = promptPrefix("ioi", tokenizer, options.prependBos);
  const single = (words: readonly string[], kind: string, least = 1) =>
    singleTokenWords("ioi", tokenizer, words, { kind, least });
  const names = single(options.names ?? ioiNames, "names", 5);
  const places = single(options.places ?? ioiPlaces, "places");
  const objects = single(options.objects ?? ioiObjects, "objects");
  const random = Random.from(seed);
  const people = random.fork("people");
  const things = random.fork("things");
  const corruption = {
    ABC: random.fork("ABC"),
    "random-name-flip": random.fork("random-name-flip"),
  };
  const frames = templates.map((template) => framesOf(template, orders));
  let turn = 0;

  const draw = (): TaskPrompt[] => {
    const { name: template, byOrder } = frames[turn++ % frames.length]!;
    const [IO, S] = people.sample(names, 2) as [string, string];
    const words = { PLACE: things.choice(places), OBJECT: things.choice(objects) };
    const clean: IoiNames = { IO, S1: S, S2: S };
    const corrupt = corruptNames(clean, names, corruption);
    if (!allow(IO, S)) return [];
    return byOrder.map(({ order, frame }) => {
      const filled = fillSlots("ioi", frame, { ...clean, ...words });
      const { ids, at } = slotTokens("ioi", tokenizer, filled, prefix.length);
      const encode = (people: IoiNames) => [
        ...prefix,
        ...tokenizer.encode(fillSlots("ioi", frame, { ...people, ...words }).text),
      ];
      const used = filled.slots.map(({ name }) => name);
      const said = (["PLACE", "OBJECT"] as const).filter((slot) => used.includes(slot));
      const mark = lastMark(tokenizer, filled.text, /[.,]/g);
      const length = prefix.length + ids.length;
      return {
        id: ["ioi", template, order, IO, S, ...said.map((slot) => words[slot])].join("/"),
        clean: [...prefix, ...ids],
        corrupt: Object.fromEntries(ioiCorruptions.map((name) => [name, encode(corrupt[name])])),
        answers: [answerToken("ioi", tokenizer, filled.text, ` ${IO}`)],
        wrong: [answerToken("ioi", tokenizer, filled.text, ` ${S}`)],
        positions: ioiPositions({
          IO: at.IO!.from,
          S1: at.S1!.from,
          S2: at.S2!.from,
          starts: prefix.length,
          end: length - 1,
          punct: mark === undefined ? undefined : prefix.length + mark,
        }),
        groups: { template, order },
      };
    });
  };

  return {
    name: "ioi",
    version: "1",
    source: "Wang et al. 2022, arXiv 2211.00593",
    prompts: distinctPrompts("ioi", n, draw),
    corruptions: ioiCorruptions,
    metric: "logit-difference",
    candidates: names.map((name) => answerToken("ioi", tokenizer, "the", ` ${name}`)),
  };
}

/** The named positions of an indirect-object prompt; a neighbour before the first token has none. */
export function ioiPositions(at: {
  readonly IO: number;
  readonly S1: number;
  readonly S2: number;
  readonly starts: number;
  readonly end: number;
  readonly punct: number | undefined;
}): Record<string, number> {
  const { IO, S1, S2, starts, end, punct } = at;
  const all = { IO, "IO-1": IO - 1, "IO+1": IO + 1, S1, "S1-1": S1 - 1, "S1+1": S1 + 1, S2, end };
  return Object.fromEntries(
    Object.entries({ ...all, starts, punct: punct ?? -1 }).filter(([, index]) => index >= 0),
  );
}

/** A template in each order, the answer cut off and the names told apart: `{IO}`, `{S1}`, `{S2}`. */
function framesOf(template: string, orders: readonly IoiOrder[]) {
  const named = [...template.matchAll(/\{([AB])\}/g)].map((match) => match[1]);
  if (!/\{A\}[.]?$/.test(template) || named.length !== 4 || named.join("") !== "BABA") {
    throw new RangeError(
      `ioi: template "${template}" has names "${named.join("")}", expected {B}, {A}, {B} and {A} at the end`,
    );
  }
  const prompt = template.replace(/ ?\{A\}[.]?$/, "");
  const byOrder = orders.map((order) => {
    const slots = order === "BABA" ? ["{S1}", "{IO}", "{S2}"] : ["{IO}", "{S1}", "{S2}"];
    return { order, frame: prompt.replace(/\{[AB]\}/g, () => slots.shift()!) };
  });
  return { name: ioiTemplateName(template), byOrder };
}
