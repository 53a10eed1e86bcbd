/** @file Holds what a file was recognized as against what `config.json` and the user say, and takes from them what a graph cannot tell. */

import { quoted } from "@diopter/graph";
import { familyOf } from "../checkpoint/families";
import { Fields } from "../checkpoint/families/fields";
import type { ModelConfig } from "../config/config";
import { UnsupportedModelError } from "../config/errors";
import { rotaryFrequencies } from "../text/prompt-values";
import { near, type Precision } from "./read/near";

/** What a graph does not hold. */
const OPEN: ReadonlySet<string> = new Set([
  "family",
  "nCtx",
  "defaultPrependBos",
  "initializerRange",
]);

/**
 * What a graph may hold in another form than `config.json`: a second copy of the tied matrix, a gain with its 1 added,
 * rounded inputs; rotations and windows, which are compared by what they do.
 */
const OTHERWISE: ReadonlySet<string> = new Set([
  "tiedEmbeddings",
  "gainPlusOne",
  "dynamicQuantization",
  "rotaryBase",
  "rotaryBaseLocal",
  "rotaryScaling",
  "windowSize",
  "attnTypes",
]);

/**
 * The recognized configuration, completed by what `config.json` says.
 *
 * Both must agree on everything that the graph shows, numbers within the file's `precision`.
 *
 * @throws {RangeError} naming both when the file and `config.json` disagree
 */
export function confirmConfig(
  recognized: ModelConfig,
  json: Readonly<Record<string, unknown>> | undefined,
  precision: Precision,
): ModelConfig {
  const said = json && described(json);
  if (!said) return recognized;
  const file = shownBy(recognized, said.nCtx);
  const [long, short] = [said.nCtx, 1].map((context) => shownBy(said, said.nCtx, context));
  // A file holds one of the two lists of a rotation that is stretched for long texts.
  const config = agree(file[FREQUENCIES], short![FREQUENCIES], precision) ? short! : long!;
  for (const key of new Set([...Object.keys(file), ...Object.keys(config)])) {
    if (agree(file[key], config[key], precision)) continue;
    // What ONNX Runtime's tools make of gelu when they may approximate.
    if (key === "actFn" && file[key] === "gelu_new" && config[key] === "gelu") continue;
    throw new RangeError(
      `onnx: the file has ${shown(key, file[key])}, config.json says ${shown("", config[key])}; the file is what runs: correct config.json, or take it away`,
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

const FREQUENCIES = "rotary frequencies";

/** Everything of a configuration that a graph shows, in one form; `nCtx` is the longest text, `context` the one at hand. */
function shownBy(
  c: ModelConfig,
  nCtx: number,
  context: number = nCtx,
): Readonly<Record<string, unknown>> {
  const plain = Object.entries(c).filter(([key]) => !OPEN.has(key) && !OTHERWISE.has(key));
  const window = c.windowSize !== undefined && c.windowSize < nCtx ? c.windowSize : undefined;
  const layers = Array.from({ length: c.nLayers }, (_, l) =>
    c.attnTypes?.[l] === "global" ? undefined : window,
  );
  const rotary = c.positionalEmbeddingType === "rotary";
  const { rotaryScaling: scaling } = c;
  const frequencies = (base: number) => rotaryFrequencies(c.rotaryDim, base, scaling, context);
  return {
    ...Object.fromEntries(plain),
    // Both are the tanh approximation.
    actFn: c.actFn === "gelu_fast" ? "gelu_new" : c.actFn,
    normalizationType: c.normalizationType.replace("Pre", ""),
    ...(window !== undefined && { windowSize: layers }),
    ...(rotary && {
      [FREQUENCIES]: frequencies(c.rotaryBase),
      "rotary magnitude": scaling?.type === "longrope" ? scaling.attentionFactor : 1,
    }),
    ...(rotary &&
      c.rotaryBaseLocal !== undefined &&
      c.rotaryBaseLocal !== c.rotaryBase && { rotaryBaseLocal: c.rotaryBaseLocal }),
  };
}

/** Whether two values are one, numbers as far as the file's precision tells. */
function agree(x: unknown, y: unknown, precision: Precision): boolean {
  if (typeof x === "number" && typeof y === "number") return near(x, y, precision);
  if (Array.isArray(x) && Array.isArray(y))
    return x.length === y.length && x.every((item, i) => agree(item, y[i], precision));
  return JSON.stringify(x) === JSON.stringify(y);
}

function shown(key: string, value: unknown): string {
  if (value === undefined || value === null) return key ? `no ${key}` : "none";
  return `${key} ${typeof value === "string" ? value : quoted(value)}`.trim();
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
export function withHints(
  config: ModelConfig,
  hints: Partial<ModelConfig>,
  precision: Precision,
): ModelConfig {
  const open = Object.entries(hints).filter(([key, value]) => {
    if (OPEN.has(key) || value === undefined) return value !== undefined;
    const file = config[key as keyof ModelConfig];
    if (agree(file, value, precision)) return false;
    throw new RangeError(
      `onnx: the file has ${shown(key, file)}, the options say ${shown("", value)}`,
    );
  });
  return { ...config, ...Object.fromEntries(open) };
}
