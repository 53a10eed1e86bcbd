/** @file Rotary settings as Hugging Face writes them, in their old, new and newest spelling. */

import { quoted } from "@diopter/graph";
import type { RotaryScaling } from "../../config/config";
import { UnsupportedModelError } from "../../config/errors";
import type { ConfigChoices } from "./complete-config";
import type { Fields } from "./fields";

export interface RopeDefaults {
  /** Part of each head that is rotated when the file does not say. */
  readonly partial?: number;
  readonly base?: number;
  /** Context before any stretch when the file does not say; that of the model otherwise. */
  readonly originalContext?: number;
}

type RotaryChoices = Pick<
  ConfigChoices,
  "positionalEmbeddingType" | "rotaryBase" | "rotaryDim" | "rotaryScaling"
>;

/** What a `config.json` says about rotation, for heads of `dHead` components. */
export function rope(
  hf: Fields,
  dHead: number,
  { partial = 1, base = 10000, originalContext }: RopeDefaults = {},
): RotaryChoices {
  // transformers 5 keeps all of it inside rope_parameters.
  const inner = hf.object("rope_parameters") ?? hf.object("rope_scaling");
  const number = (name: string, fallback: number) =>
    inner?.positive(name, undefined) ?? hf.positive(name, fallback);
  const rotaryDim = Math.trunc(dHead * number("partial_rotary_factor", partial));
  return {
    positionalEmbeddingType: "rotary",
    rotaryBase: number("rope_theta", base),
    rotaryDim,
    rotaryScaling: inner && rotaryScaling(hf, inner, rotaryDim, originalContext),
  };
}

/** Width of a head: `head_dim`, `unsaid` where it is not written, or what is left of the stream for each head. */
export function headSize(hf: Fields, unsaid?: number): number {
  const written = hf.sizeOrNull(unsaid, "head_dim");
  if (written !== undefined) return written;
  const [width, heads] = [hf.size("hidden_size"), hf.size("num_attention_heads")];
  if (width % heads === 0) return width / heads;
  throw new RangeError(
    `${hf.subject} has hidden_size ${width}, which does not divide into ${heads} heads`,
  );
}

/** How frequencies are stretched; undefined when they are not. */
export function rotaryScaling(
  hf: Fields,
  rope: Fields,
  rotaryDim: number,
  unsaid?: number,
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
        originalContext: originalContext(hf, rope, type, unsaid),
      };
    default:
      return longRope(hf, rope, rotaryDim / 2, originalContext(hf, rope, "longrope", unsaid));
  }
}

/** What stands beside the rotary settings goes before what stands among them, as in the library. */
function originalContext(hf: Fields, rope: Fields, type: string, unsaid?: number): number {
  const name = "original_max_position_embeddings";
  const beside = hf.sizeOr(undefined, name);
  const written = beside ?? (rope.has(name) ? positive(rope, type, name) : undefined);
  const context = written ?? unsaid ?? hf.size("max_position_embeddings");
  if (context < 2) throw lacks(rope, type, `${name} above 1, got ${context}`);
  return context;
}

/** One stretch per frequency, and larger waves to keep the entropy of attention. Ding et al. 2024. */
function longRope(
  hf: Fields,
  rope: Fields,
  frequencies: number,
  originalContext: number,
): RotaryScaling {
  const stretch = hf.size("max_position_embeddings") / originalContext;
  const factor = stretch > 1 ? Math.sqrt(1 + Math.log(stretch) / Math.log(originalContext)) : 1;
  const factors = (field: string) => {
    const list = rope.numbers(field, frequencies);
    if (list === undefined) throw lacks(rope, "longrope", `list ${field}`);
    if (list.some((x) => x <= 0)) throw lacks(rope, "longrope", `${field} above 0 throughout`);
    return list;
  };
  return {
    type: "longrope",
    shortFactor: factors("short_factor"),
    longFactor: factors("long_factor"),
    originalContext,
    attentionFactor: rope.positive("attention_factor", factor),
  };
}

function positive(rope: Fields, type: string, name: string): number {
  const value = rope.number(name, undefined);
  if (value === undefined || value <= 0) {
    throw lacks(rope, type, `positive ${name}, got ${quoted(rope.value(name) ?? null)}`);
  }
  return value;
}

function lacks(rope: Fields, type: string, what: string): UnsupportedModelError {
  return new UnsupportedModelError(`${rope.subject}: "${type}" needs a ${what}`);
}
