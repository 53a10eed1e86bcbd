/** @file Which sport a known player plays (Nanda et al. 2023), after an example. */

import { checkOptions, Random } from "@diopter/tensor";
import { fields, list, readAs, text } from "../../schema/schema";
import { fillSlots, slotTokens } from "../slots";
import type { Task, TaskPrompt } from "../task";
import { answerToken, knows, promptPrefix, type Tokenized, tokenizerOf } from "../tokenizer";
import { distinctPrompts } from "./distinct";
import { type GeneratorOptions, generatorKeys } from "./generator-options";

export interface SportsPlayer {
  readonly name: string;
  readonly sport: string;
}

export interface SportsOptions extends GeneratorOptions {
  /** Players that the model knows; only those whose names have `nameTokens` tokens are used. */
  readonly players: readonly SportsPlayer[];
  /** How many tokens names have; 3 unless told. */
  readonly nameTokens?: number | undefined;
  /** `{NAME}` is the player; the sport follows the last word. */
  readonly template?: string | undefined;
}

/** The example and the question of the study. */
const question = "Fact: Tiger Woods plays the sport of golf\nFact: {NAME} plays the sport of";

const playersSchema = list(fields({ name: text, sport: text }));

interface Known extends SportsPlayer {
  readonly ids: readonly number[];
  readonly at: { readonly from: number; readonly to: number };
}

/**
 * Prompts about players of several sports, as many of each; the corruption is a player of another sport.
 *
 * All that balance allows unless `n` is told. Positions: `first_name_tok`, `final_name_tok`, `end`. Groups: `sport`.
 * Throws `RangeError` for fewer than two sports with players, and for sports of several tokens.
 *
 * @example
 * const task = sports(model, { players: [{ name: "Babe Ruth", sport: "baseball" }] });
 */
export function sports(model: Tokenized, options: SportsOptions): Task {
  checkOptions("sports", options, {
    ...generatorKeys,
    players: "required",
    nameTokens: "optional",
    template: "optional",
  });
  const tokenizer = tokenizerOf("sports", model);
  const { nameTokens = 3, template = question, seed = 0 } = options;
  const players = readAs(playersSchema, options.players, "sports: players");
  const prefix = promptPrefix("sports", tokenizer, options.prependBos);
  if (!template.includes("{NAME}")) {
    throw new RangeError(`sports: template "${template}" has no {NAME}`);
  }
  const known = players.flatMap((player): Known[] => {
    if (!knows(tokenizer, player.name)) return [];
    const filled = fillSlots("sports", template, { NAME: player.name });
    const { ids, at } = slotTokens("sports", tokenizer, filled, prefix.length);
    const { from, to } = at.NAME!;
    return to - from === nameTokens
      ? [{ ...player, ids: [...prefix, ...ids], at: { from, to } }]
      : [];
  });
  const bySport = new Map<string, Known[]>();
  for (const player of known)
    bySport.set(player.sport, [...(bySport.get(player.sport) ?? []), player]);
  if (bySport.size < 2) {
    throw new RangeError(
      `sports: ${known.length} of ${players.length} players have names of ${nameTokens} tokens, in ${bySport.size} sports; expected at least 2 sports`,
    );
  }
  const random = Random.from(seed);
  const order = random.fork("order");
  const corruption = random.fork("corruption");
  const shuffled = [...bySport.values()].map((team) => order.shuffle(team));
  const each = Math.min(...shuffled.map((team) => team.length));
  const asked = template.replace("{NAME}", known[0]!.name);
  const token = (sport: string) => answerToken("sports", tokenizer, asked, ` ${sport}`);
  const tokens = new Map([...bySport.keys()].map((sport) => [sport, token(sport)]));

  const prompt = (player: Known): TaskPrompt => {
    const other = corruption.choice(known.filter(({ sport }) => sport !== player.sport));
    return {
      id: `sports/${player.name}`,
      clean: player.ids,
      corrupt: { "other-player": other.ids },
      answers: [tokens.get(player.sport)!],
      wrong: [...tokens].filter(([sport]) => sport !== player.sport).map(([, id]) => id),
      positions: {
        first_name_tok: player.at.from,
        final_name_tok: player.at.to - 1,
        end: player.ids.length - 1,
      },
      groups: { sport: player.sport },
    };
  };
  // One of each sport in turn, so that any number of them is as balanced as it can be.
  const turns = Array.from({ length: each }, (_, i) => shuffled.map((team) => team[i]!)).flat();
  const { n = turns.length } = options;
  return {
    name: "sports",
    version: "1",
    source: "Nanda et al. 2023; Miller et al. 2024, arXiv 2407.08734",
    prompts: distinctPrompts("sports", n, () => turns.splice(0, 1).map(prompt)),
    corruptions: ["other-player"],
    metric: "accuracy-beats-wrong",
    candidates: [...tokens.values()],
  };
}
