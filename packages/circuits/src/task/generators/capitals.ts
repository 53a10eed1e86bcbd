/** @file Capitals of countries: "The capital of France is the city of". */

import { checkOptions, Random } from "@diopter/tensor";
import { fillSlots, slotTokens } from "../slots";
import type { Task, TaskPrompt } from "../task";
import {
  answerToken,
  knows,
  promptPrefix,
  singleTokenWords,
  type Tokenized,
  tokenizerOf,
} from "../tokenizer";
import { distinctPrompts } from "./distinct";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

export interface CountryCapital {
  readonly country: string;
  readonly city: string;
}

export interface CapitalsOptions extends GeneratorOptions {
  readonly capitals?: readonly CountryCapital[] | undefined;
  /** `{COUNTRY}` is the country; the capital follows the last word. */
  readonly template?: string | undefined;
}

/** Countries and capitals. */
export const capitalCities: readonly CountryCapital[] = (
  "France Paris, Germany Berlin, Italy Rome, Spain Madrid, Portugal Lisbon, Greece Athens, " +
  "Poland Warsaw, Austria Vienna, Hungary Budapest, Sweden Stockholm, Norway Oslo, Finland Helsinki, " +
  "Denmark Copenhagen, Ireland Dublin, England London, Belgium Brussels, Russia Moscow, " +
  "Ukraine Kyiv, Turkey Ankara, Egypt Cairo, Kenya Nairobi, Ghana Accra, Japan Tokyo, " +
  "China Beijing, Thailand Bangkok, Vietnam Hanoi, Iran Tehran, Iraq Baghdad, Syria Damascus, " +
  "Lebanon Beirut, Cuba Havana, Peru Lima, Chile Santiago, Canada Ottawa, Romania Bucharest, " +
  "Bulgaria Sofia, Serbia Belgrade, Croatia Zagreb, Nepal Kathmandu, Taiwan Taipei, " +
  "Australia Canberra, Switzerland Bern, Libya Tripoli, Yemen Sanaa, Afghanistan Kabul"
)
  .split(", ")
  .map((pair) => {
    const [country, city] = pair.split(" ") as [string, string];
    return { country, city };
  });

/**
 * Prompts of equal length about countries whose capital is one token; the corruption is another country.
 *
 * All countries whose prompt is as short as any, unless `n` is told. Positions: `country` (its last token), `end`.
 * Throws `RangeError` for fewer than two such countries.
 *
 * @example
 * const task = capitals(model);
 */
export function capitals(model: Tokenized, options: CapitalsOptions = {}): Task {
  checkOptions("capitals", options, {
    ...generatorKeys,
    capitals: "optional",
    template: "optional",
  });
  const tokenizer = tokenizerOf("capitals", model);
  const { capitals: all = capitalCities, seed = 0 } = options;
  const { template = "The capital of {COUNTRY} is the city of" } = options;
  const prefix = promptPrefix("capitals", tokenizer, options.prependBos);
  if (!template.includes("{COUNTRY}")) {
    throw new RangeError(`capitals: template "${template}" has no {COUNTRY}`);
  }
  const cities = all.map(({ city }) => city);
  const single = singleTokenWords("capitals", tokenizer, cities, { kind: "capitals", least: 2 });
  const encoded = all
    .filter(({ country, city }) => single.includes(city) && knows(tokenizer, country))
    .map(({ country, city }) => {
      const filled = fillSlots("capitals", template, { COUNTRY: country });
      const { ids, at } = slotTokens("capitals", tokenizer, filled, prefix.length);
      const token = answerToken("capitals", tokenizer, filled.text, ` ${city}`);
      return { country, token, ids: [...prefix, ...ids], at: at.COUNTRY!.to - 1 };
    });
  const shortest = Math.min(...encoded.map(({ ids }) => ids.length));
  const kept = encoded.filter(({ ids }) => ids.length === shortest);
  if (kept.length < 2) {
    throw new RangeError(
      `capitals: ${kept.length} of ${all.length} countries have the shortest prompt, expected at least 2`,
    );
  }
  const random = Random.from(seed);
  const order = random.fork("order").shuffle(kept);
  const corruption = random.fork("corruption");
  const prompt = ({ country, token, ids, at }: (typeof kept)[number]): TaskPrompt => ({
    id: `capitals/${country}`,
    clean: ids,
    corrupt: {
      "other-country": corruption.choice(kept.filter((other) => other.token !== token)).ids,
    },
    answers: [token],
    wrong: kept.map((other) => other.token).filter((other) => other !== token),
    positions: { country: at, end: ids.length - 1 },
    groups: {},
  });
  const { n = order.length } = options;
  return {
    name: "capitals",
    version: "1",
    source: "Miller et al. 2024, arXiv 2407.08734",
    prompts: distinctPrompts("capitals", n, () => order.splice(0, 1).map(prompt)),
    corruptions: ["other-country"],
    metric: "logit-difference",
    candidates: kept.map(({ token }) => token),
  };
}
