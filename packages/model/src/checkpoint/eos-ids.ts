/** @file The tokens at which a model ends its text. */

import { quoted } from "@diopter/graph";

type Json = Readonly<Record<string, unknown>>;

/** Ids in `generation_config.json`, or where that names none, in `config.json`. Throws `RangeError` for what is no id. */
export function eosIds(config: Json | undefined, generation: Json | undefined): readonly number[] {
  return idsIn("generation_config.json", generation) ?? idsIn("config.json", config) ?? [];
}

function idsIn(file: string, json: Json | undefined): number[] | undefined {
  const value = json?.eos_token_id ?? undefined;
  if (value === undefined) return undefined;
  const ids = [value].flat() as number[];
  if (ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
  throw new RangeError(
    `model: eos_token_id of ${file} is ${quoted(value)}, expected a token id or a list of them`,
  );
}
