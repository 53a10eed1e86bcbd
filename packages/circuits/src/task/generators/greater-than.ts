/** @file Years that must be later than another (Hanna et al. 2023, arXiv 2305.00586). */

import { checkOptions, Random } from "@diopter/tensor";
import { fillSlots, slotTokens } from "../slots";
import type { Task, TaskPrompt } from "../task";
import {
  promptPrefix,
  singleTokenWords,
  type TaskTokenizer,
  type Tokenized,
  tokenizerOf,
  tokensAfter,
} from "../tokenizer";
import { distinctPrompts } from "./distinct";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

export interface GreaterThanOptions extends GeneratorOptions {
  /** What lasted from one year to another. */
  readonly nouns?: readonly string[] | undefined;
  /** First halves of years; 11 to 17 unless told. */
  readonly centuries?: readonly number[] | undefined;
  /** Second halves of first years lie above this; 40 unless told. */
  readonly above?: number | undefined;
}

/** Things that last for years. */
export const greaterThanNouns: readonly string[] = (
  "war reign voyage siege famine rebellion plague dynasty treaty expedition journey strike " +
  "campaign drought conflict alliance crusade occupation truce embargo feud renovation boom " +
  "crisis revolt marriage trial mission tour pilgrimage blockade migration quarrel dispute " +
  "friendship partnership tenure exile survey excavation construction slump recession regime " +
  "invasion uprising armistice colony epidemic tournament abduction accord affair agreement " +
  "assault battle captivity case chase collaboration collapse competition confrontation " +
  "consolidation conspiracy contract convention cooperation custody deal decline decrease " +
  "demonstration development disagreement disorder domination effort employment endeavor " +
  "engagement evaluation exchange existence expansion experiment fall fights flights fraud " +
  "freedom government growth hardship holiday improvement imprisonment incident insurgency " +
  "inflation investigation kingdom legacy litigation operation order peace prosecution protests " +
  "proceedings program progress project pursuit quest raids reforms relationship retaliation " +
  "retreat riot rise scandal sequence shift shutdown situation stretch tension termination test " +
  "threat trip wave work"
).split(" ");

/** The only template; `{YEAR}` is two tokens and the answer ends the year that `{XX}` begins. */
const template = "The {NOUN} lasted from the year {YEAR} to {XX}";

const twoDigits = (year: number) => String(year).padStart(2, "0");

/**
 * Prompts such as "The war lasted from the year 1755 to 17", whose answers are all later years of the century.
 *
 * Only years whose halves are two tokens are used, the first and the last such year of each century left out; the
 * corruption `01` begins in the first year of the century. Usual metric: sums of probabilities, right minus wrong.
 * Positions: `noun`, `XX1`, `YY`, `XX2`, `end`. Groups: `century`. Throws `RangeError` where no year is left.
 *
 * @example
 * const task = greaterThan(model, { n: 100, seed: 0 });
 */
export function greaterThan(model: Tokenized, options: GreaterThanOptions = {}): Task {
  checkOptions("greaterThan", options, {
    ...generatorKeys,
    nouns: "optional",
    centuries: "optional",
    above: "optional",
  });
  const tokenizer = tokenizerOf("greaterThan", model);
  const { n = 100, seed = 0, nouns = greaterThanNouns } = options;
  const prefix = promptPrefix("greaterThan", tokenizer, options.prependBos);
  const single = singleTokenWords("greaterThan", tokenizer, nouns, { kind: "nouns" });
  const years = greaterThanYears({ tokenizer }, options);
  if (years.length === 0) {
    throw new RangeError("greaterThan: no year is two tokens, one for each half");
  }
  const suffixes = suffixTokens(tokenizer);
  const random = Random.from(seed);

  const draw = (): TaskPrompt[] => {
    const NOUN = random.choice(single);
    const { century, year } = random.choice(years);
    const encode = (half: number) => {
      const words = { NOUN, XX: String(century), YEAR: `${century}${twoDigits(half)}` };
      const filled = fillSlots("greaterThan", template, words);
      return slotTokens("greaterThan", tokenizer, filled, prefix.length);
    };
    const { ids, at } = encode(year);
    const end = prefix.length + ids.length - 1;
    return [
      {
        id: `greater-than/${NOUN}/${century}${twoDigits(year)}`,
        clean: [...prefix, ...ids],
        corrupt: { "01": [...prefix, ...encode(1).ids] },
        answers: suffixes.slice(year + 1),
        wrong: suffixes.slice(0, year + 1),
        positions: {
          noun: at.NOUN!.from,
          XX1: at.YEAR!.from,
          YY: at.YEAR!.to - 1,
          XX2: at.XX!.from,
          end,
        },
        groups: { century: String(century) },
      },
    ];
  };

  return {
    name: "greater-than",
    version: "1",
    source: "Hanna et al. 2023, arXiv 2305.00586",
    prompts: distinctPrompts("greaterThan", n, draw),
    corruptions: ["01"],
    metric: "sum-probability-difference",
    candidates: suffixes,
  };
}

/** The years that prompts begin with: both halves a token, the first and last of each century left out. */
export function greaterThanYears(
  model: Tokenized,
  {
    centuries = [11, 12, 13, 14, 15, 16, 17],
    above = 40,
  }: Pick<GreaterThanOptions, "centuries" | "above"> = {},
): readonly { readonly century: number; readonly year: number }[] {
  const tokenizer = tokenizerOf("greaterThan", model);
  return centuries.flatMap((century) => {
    if (halves(tokenizer, century, 1) === undefined) return [];
    const later = Array.from({ length: 99 - above }, (_, i) => above + 1 + i);
    return later
      .filter((year) => halves(tokenizer, century, year) !== undefined)
      .slice(1, -1)
      .map((year) => ({ century, year }));
  });
}

/** The token of the second half of a year, where its first half is the token that the century is alone. */
function halves(tokenizer: TaskTokenizer, century: number, year: number): number | undefined {
  const after = (text: string) => tokensAfter("greaterThan", tokenizer, "the year", text);
  const ids = after(` ${century}${twoDigits(year)}`);
  const alone = after(` ${century}`);
  return ids.length === 2 && alone.length === 1 && ids[0] === alone[0] ? ids[1] : undefined;
}

/** Tokens of the second halves 00 to 99, each from the first century in which it is a token of its own. */
function suffixTokens(tokenizer: TaskTokenizer): readonly number[] {
  return Array.from({ length: 100 }, (_, year) => {
    for (let century = 10; century < 21; century++) {
      const token = halves(tokenizer, century, year);
      if (token !== undefined) return token;
    }
    throw new RangeError(`greaterThan: "${twoDigits(year)}" is never a token after a century`);
  });
}
