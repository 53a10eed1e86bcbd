/** @file The families that come with the package, and the choice among families for a `config.json`. */

import { quoted } from "@diopter/graph";
import { UnsupportedModelError } from "../../config/errors";
import { bert } from "./bert";
import { bloom } from "./bloom";
import { distilbert } from "./distilbert";
import type { Family } from "./family";
import { gemma } from "./gemma-like";
import { gemma2 } from "./gemma2";
import { gemma3 } from "./gemma3";
import { gptNeo } from "./gpt-neo";
import { gptNeox } from "./gpt-neox";
import { gpt2 } from "./gpt2";
import { gptj } from "./gptj";
import { hooked } from "./hooked";
import { llama } from "./llama";
import { mingpt } from "./mingpt";
import { mistral } from "./mistral";
import { olmo } from "./olmo";
import { olmo2 } from "./olmo2";
import { opt } from "./opt";
import { phi } from "./phi";
import { phi3 } from "./phi3";
import { qwen2 } from "./qwen2";
import { qwen3 } from "./qwen3";
import { roberta } from "./roberta";
import { smollm3 } from "./smollm3";
import { stablelm } from "./stablelm";

/** All families of the package. */
export const families: readonly Family[] = [
  gpt2,
  gptNeo,
  gptj,
  gptNeox,
  opt,
  bloom,
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  phi,
  phi3,
  stablelm,
  olmo,
  olmo2,
  smollm3,
  bert,
  roberta,
  distilbert,
  mingpt,
  hooked,
];

/**
 * The first of `candidates` that reads `config`.
 *
 * @throws {UnsupportedModelError} when none does, listing those that there are.
 */
export function familyOf(
  config: Readonly<Record<string, unknown>>,
  candidates: readonly Family[] = families,
): Family {
  const family = candidates.find(({ matches }) => matches(config));
  if (family) return family;
  const supported = candidates.map(({ name, accepts }) => `${name} (${accepts})`).join(", ");
  const type = config.model_type;
  throw new UnsupportedModelError(
    type === undefined
      ? `model: config.json names no architecture; supported: ${supported}`
      : `model: unsupported architecture ${quoted(type)}; supported: ${supported}`,
  );
}
