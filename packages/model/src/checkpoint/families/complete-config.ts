/** @file Fills the switches that most families leave alone. */

import { quoted } from "@diopter/graph";
import type { ModelConfig } from "../../config/config";

type Sizes = Pick<
  ModelConfig,
  "family" | "nLayers" | "dModel" | "nHeads" | "dVocab" | "nCtx" | "actFn" | "normalizationType"
>;

/** What a family must say, plus whatever it says differently; an undefined switch counts as unsaid. */
export type ConfigChoices = Sizes & {
  readonly [K in keyof Omit<ModelConfig, keyof Sizes>]?: ModelConfig[K] | undefined;
};

/**
 * A whole configuration from the choices of a family.
 *
 * Defaults are those of a GPT-2 style decoder: pre-norm, learned positions, causal, untied, four
 * times as many neurons as dimensions.
 */
export function completeConfig(choices: ConfigChoices): ModelConfig {
  const said = Object.fromEntries(
    Object.entries(choices).filter(([, value]) => value !== undefined),
  );
  requireRanges(choices);
  const dHead = choices.dHead ?? choices.dModel / choices.nHeads;
  if (!Number.isInteger(dHead)) {
    throw new RangeError(
      `${choices.family}: dModel ${choices.dModel} does not divide into ${choices.nHeads} heads`,
    );
  }
  const nKeyValueHeads = choices.nKeyValueHeads ?? choices.nHeads;
  if (choices.nHeads % nKeyValueHeads !== 0) {
    throw new RangeError(
      `${choices.family}: ${choices.nHeads} heads do not divide into ${nKeyValueHeads} key/value heads`,
    );
  }
  const rotary = choices.positionalEmbeddingType === "rotary";
  const rotaryDim = choices.rotaryDim ?? (rotary ? dHead : 0);
  if (rotaryDim % 2 !== 0 || rotaryDim < (rotary ? 2 : 0) || rotaryDim > dHead) {
    throw new RangeError(
      `${choices.family}: cannot rotate ${rotaryDim} of ${dHead} components of a head; expected an even number, at most ${dHead}`,
    );
  }
  return {
    nKeyValueHeads,
    dHead,
    dMlp: choices.attnOnly ? 0 : 4 * choices.dModel,
    dVocabOut: choices.dVocab,
    attnOnly: false,
    gatedMlp: false,
    eps: 1e-5,
    gainPlusOne: false,
    normPlacement: "pre",
    finalNorm: choices.normalizationType !== "none",
    parallelAttnMlp: false,
    sharedNorm: false,
    positionalEmbeddingType: "standard",
    attentionDir: "causal",
    attnScale: Math.sqrt(dHead),
    rotaryDim,
    rotaryBase: 10000,
    rotaryAdjacentPairs: false,
    postEmbeddingNorm: false,
    tokenTypes: 0,
    positionOffset: 0,
    mlmHead: false,
    tiedEmbeddings: false,
    defaultPrependBos: true,
    ...(said as unknown as ConfigChoices & Partial<ModelConfig>),
  } as ModelConfig;
}

const counts = ["dMlp", "positionOffset", "tokenTypes", "nLayers"] as const;
const sizes = [
  "dModel",
  "nHeads",
  "nKeyValueHeads",
  "dHead",
  "dVocab",
  "dVocabOut",
  "nCtx",
  "windowSize",
] as const;
const factors = [
  "attnScale",
  "rotaryBase",
  "rotaryBaseLocal",
  "attnScoresSoftCap",
  "outputLogitsSoftCap",
  "embeddingScale",
  "logitScale",
] as const;

/** What would give not-a-number, or a message from deep within, in the middle of a run. */
function requireRanges(choices: ConfigChoices): void {
  const require = (
    names: readonly (keyof ConfigChoices)[],
    holds: (value: number) => boolean,
    expected: string,
  ) => {
    for (const name of names) {
      const value = choices[name];
      if (value === undefined || holds(value as number)) continue;
      throw new RangeError(`${choices.family}: ${name} is ${quoted(value)}, expected ${expected}`);
    }
  };
  require(counts, (n) => Number.isSafeInteger(n) && n >= 0, "an integer of 0 or more");
  require(sizes, (n) => Number.isSafeInteger(n) && n > 0, "a positive integer");
  require(factors, (x) => Number.isFinite(x) && x > 0, "a number above 0");
  require(["eps"], (x) => Number.isFinite(x) && x >= 0, "a number of 0 or more");
}
