/** @file What every generator of tasks takes. */

import type { OptionKeys, Seed } from "@diopter/tensor";

export interface GeneratorOptions {
  /** How many different prompts; 100 unless told. */
  readonly n?: number | undefined;
  /** 0 unless told; the same seed gives the same prompts, and more of them begin with fewer. */
  readonly seed?: Seed | undefined;
  /** Begin every prompt with the beginning-of-sequence token; on where the tokenizer has one. */
  readonly prependBos?: boolean | undefined;
}

export const generatorKeys: OptionKeys<GeneratorOptions> = {
  n: "optional",
  seed: "optional",
  prependBos: "optional",
};
