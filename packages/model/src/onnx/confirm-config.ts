/** @file Holds what a file was recognized as against what `config.json` and the user say, and takes from them what a graph cannot tell. */

import { familyOf } from "../checkpoint/families";
import { Fields } from "../checkpoint/families/fields";
import type { ModelConfig } from "../config/config";
import { UnsupportedModelError } from "../config/errors";

/** What a graph does not hold. */
const OPEN = ["family", "nCtx", "defaultPrependBos", "initializerRange"] as const;
/** What both must agree on. */
const SHARED = [
  "nLayers",
  "dModel",
  "nHeads",
  "nKeyValueHeads",
  "dHead",
  "dMlp",
  "dVocab",
  "actFn",
  "normPlacement",
  "parallelAttnMlp",
  "gatedMlp",
  "attentionDir",
] as const;

/**
 * The recognized configuration, completed by what `config.json` says.
 *
 * @throws {RangeError} naming both when the file and `config.json` disagree
 */
export function confirmConfig(
  recognized: ModelConfig,
  json: Readonly<Record<string, unknown>> | undefined,
): ModelConfig {
  const said = json && described(json);
  if (!said) return recognized;
  for (const key of SHARED) {
    const [file, config] = [plain(recognized[key]), plain(said[key])];
    if (file !== config)
      throw new RangeError(
        `onnx: the file has ${key} ${String(file)}, config.json says ${String(config)}`,
      );
  }
  const nCtx = recognized.positionalEmbeddingType === "standard" ? recognized.nCtx : said.nCtx;
  return {
    ...recognized,
    family: said.family,
    nCtx,
    defaultPrependBos: said.defaultPrependBos,
    ...(said.initializerRange !== undefined && { initializerRange: said.initializerRange }),
  };
}

/** Both spellings of the tanh approximation are one function. */
function plain(value: unknown): unknown {
  return value === "gelu_fast" ? "gelu_new" : value;
}

/** What `config.json` means in Diopter's words, or undefined for architectures that no family describes. */
function described(json: Readonly<Record<string, unknown>>): ModelConfig | undefined {
  try {
    const family = familyOf(json);
    return family.config(new Fields(`${family.name}: config.json`, json), {
      shape: () => undefined,
      layers: () => 0,
    });
  } catch (error) {
    if (error instanceof UnsupportedModelError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The configuration with what the user adds.
 *
 * @throws {RangeError} when it says something else than the file
 */
export function withHints(config: ModelConfig, hints: Partial<ModelConfig>): ModelConfig {
  for (const [key, value] of Object.entries(hints)) {
    if ((OPEN as readonly string[]).includes(key) || value === undefined) continue;
    const file = config[key as keyof ModelConfig];
    if (JSON.stringify(file) !== JSON.stringify(value)) {
      throw new RangeError(
        `onnx: the file has ${key} ${JSON.stringify(file)}, the options say ${JSON.stringify(value)}`,
      );
    }
  }
  return { ...config, ...hints };
}
