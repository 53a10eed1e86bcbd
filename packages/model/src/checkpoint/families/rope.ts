/** @file Rotary settings as Hugging Face writes them, in their old, new and newest spelling. */

import type { RotaryScaling } from "../../config/config";
import { UnsupportedModelError } from "../../config/errors";
import type { ConfigChoices } from "./complete-config";
import type { Fields } from "./fields";

export interface RopeDefaults {
  /** Part of each head that is rotated when the file does not say. */
  readonly partial?: number;
  readonly base?: number;
}

type RotaryChoices = Pick<
  ConfigChoices,
  "positionalEmbeddingType" | "rotaryBase" | "rotaryDim" | "rotaryScaling"
>;

/** What a `config.json` says about rotation, for heads of `dHead` components. */
export function rope(
  hf: Fields,
  dHead: number,
  { partial = 1, base = 10000 }: RopeDefaults = {},
): RotaryChoices {
  // transformers 5 keeps all of it inside rope_parameters.
  const inner = hf.object("rope_parameters") ?? hf.object("rope_scaling");
  const number = (name: string, fallback: number) =>
    inner?.number(name, undefined) ?? hf.number(name, fallback);
  const rotaryDim = Math.trunc(dHead * number("partial_rotary_factor", partial));
  return {
    positionalEmbeddingType: "rotary",
    rotaryBase: number("rope_theta", base),
    rotaryDim,
    rotaryScaling: inner && rotaryScaling(hf, inner, rotaryDim),
  };
}

/** Width of a head: `head_dim`, or what is left of the stream for each head. */
export function headSize(hf: Fields): number {
  return (
    hf.sizeOr(undefined, "head_dim") ?? hf.size("hidden_size") / hf.size("num_attention_heads")
  );
}

/** How frequencies are stretched; undefined when they are not. */
export function rotaryScaling(
  hf: Fields,
  rope: Fields,
  rotaryDim: number,
): RotaryScaling | undefined {
  const kinds = ["default", "linear", "llama3", "longrope", "su"] as const;
  // Older files say `type`, newer ones `rope_type`.
  const type = rope.choice(rope.has("rope_type") ? "rope_type" : "type", kinds, "default");
  const number = (name: string) => positive(rope, type, name);
  switch (type) {
    case "default":
      return undefined;
    case "linear":
      return { type, factor: number("factor") };
    case "llama3":
      return {
        type,
        factor: number("factor"),
        lowFreqFactor: number("low_freq_factor"),
        highFreqFactor: number("high_freq_factor"),
        originalContext: number("original_max_position_embeddings"),
      };
    default:
      return longRope(hf, rope, rotaryDim / 2);
  }
}

/** One stretch per frequency, and larger waves to keep the entropy of attention. Ding et al. 2024. */
function longRope(hf: Fields, rope: Fields, frequencies: number): RotaryScaling {
  const name = "original_max_position_embeddings";
  const originalContext = hf.sizeOr(undefined, name) ?? positive(rope, "longrope", name);
  const stretch = hf.size("max_position_embeddings") / originalContext;
  const factor = stretch > 1 ? Math.sqrt(1 + Math.log(stretch) / Math.log(originalContext)) : 1;
  const factors = (field: string) => {
    const list = rope.numbers(field, frequencies);
    if (list === undefined) throw lacks(rope, "longrope", `list ${field}`);
    return list;
  };
  return {
    type: "longrope",
    shortFactor: factors("short_factor"),
    longFactor: factors("long_factor"),
    originalContext,
    attentionFactor: rope.number("attention_factor", factor),
  };
}

function positive(rope: Fields, type: string, name: string): number {
  const value = rope.number(name, undefined);
  if (value === undefined || value <= 0) {
    throw lacks(rope, type, `positive ${name}, got ${JSON.stringify(rope.value(name) ?? null)}`);
  }
  return value;
}

function lacks(rope: Fields, type: string, what: string): UnsupportedModelError {
  return new UnsupportedModelError(`${rope.subject}: "${type}" needs a ${what}`);
}
