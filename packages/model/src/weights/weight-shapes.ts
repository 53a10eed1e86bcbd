/** @file Names and shapes of all weights that a configuration can have, in graph layout. */

import type { ModelConfig } from "../config/config";

/** Shape of one weight, with the word for each dimension. */
export interface WeightShape {
  readonly shape: readonly number[];
  readonly words: readonly string[];
}

/**
 * Every weight that the canonical transformer reads under `config`, biases included, by TransformerLens name.
 *
 * Graph layout: heads are merged into columns (`W_Q [dModel, nHeads*dHead]`), so that one matrix
 * product serves all heads. A bias that a checkpoint does not have is absent from its weights.
 */
export function weightShapes(config: ModelConfig): ReadonlyMap<string, WeightShape> {
  const sizes = sizesOf(config);
  const shapes = new Map<string, WeightShape>();
  const add = (name: string, ...words: (keyof typeof sizes)[]) =>
    shapes.set(name, { shape: words.map((word) => sizes[word]), words });
  const norm = (name: string) => {
    add(`${name}.w`, "dModel");
    add(`${name}.b`, "dModel");
  };
  const hasGains = config.normalizationType === "LN" || config.normalizationType === "RMS";

  add("embed.W_E", "dVocab", "dModel");
  if (config.tokenTypes > 0) add("embed.W_token_type", "tokenTypes", "dModel");
  if (config.postEmbeddingNorm) norm("embed.ln");
  if (config.positionalEmbeddingType === "standard") add("pos_embed.W_pos", "nCtx", "dModel");
  for (let layer = 0; layer < config.nLayers; layer++) {
    const block = `blocks.${layer}`;
    if (hasGains) {
      if (config.normPlacement !== "output") {
        norm(`${block}.ln1`);
        if (!config.attnOnly && !config.sharedNorm) norm(`${block}.ln2`);
      }
      if (normsOutputs(config)) {
        norm(`${block}.ln1_post`);
        if (!config.attnOnly) norm(`${block}.ln2_post`);
      }
    }
    add(`${block}.attn.W_Q`, "dModel", "nHeads*dHead");
    add(`${block}.attn.W_K`, "dModel", "nKeyValueHeads*dHead");
    add(`${block}.attn.W_V`, "dModel", "nKeyValueHeads*dHead");
    add(`${block}.attn.W_O`, "nHeads*dHead", "dModel");
    add(`${block}.attn.b_Q`, "nHeads*dHead");
    add(`${block}.attn.b_K`, "nKeyValueHeads*dHead");
    add(`${block}.attn.b_V`, "nKeyValueHeads*dHead");
    add(`${block}.attn.b_O`, "dModel");
    if (config.qkNorm) {
      const whole = config.qkNorm.over === "layer";
      for (const part of ["w", "b"]) {
        add(`${block}.attn.q_norm.${part}`, whole ? "nHeads*dHead" : "dHead");
        add(`${block}.attn.k_norm.${part}`, whole ? "nKeyValueHeads*dHead" : "dHead");
      }
    }
    if (config.attnOnly) continue;
    add(`${block}.mlp.W_in`, "dModel", "dMlp");
    add(`${block}.mlp.b_in`, "dMlp");
    if (config.gatedMlp) {
      add(`${block}.mlp.W_gate`, "dModel", "dMlp");
      add(`${block}.mlp.b_gate`, "dMlp");
    }
    add(`${block}.mlp.W_out`, "dMlp", "dModel");
    add(`${block}.mlp.b_out`, "dModel");
  }
  if (hasGains && config.finalNorm) norm("ln_final");
  if (config.mlmHead) {
    add("mlm_head.W", "dModel", "dModel");
    add("mlm_head.b", "dModel");
    norm("mlm_head.ln");
  }
  if (!config.tiedEmbeddings) add("unembed.W_U", "dModel", "dVocabOut");
  add("unembed.b_U", "dVocabOut");
  return shapes;
}

/** Whether what attention and MLP write passes a norm on its way into the stream. */
export function normsOutputs({ normPlacement }: ModelConfig): boolean {
  return normPlacement === "both" || normPlacement === "output";
}

function sizesOf(config: ModelConfig) {
  return {
    dModel: config.dModel,
    dHead: config.dHead,
    dMlp: config.dMlp,
    dVocab: config.dVocab,
    dVocabOut: config.dVocabOut,
    nCtx: config.nCtx + config.positionOffset,
    tokenTypes: config.tokenTypes,
    "nHeads*dHead": config.nHeads * config.dHead,
    "nKeyValueHeads*dHead": config.nKeyValueHeads * config.dHead,
  };
}
