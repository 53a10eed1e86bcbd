/** @file Means that nothing downstream can see, taken out of weights. TransformerLens's centring steps. */

import { mean, sub, type Tensor } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { InexactProcessingError } from "../config/errors";
import { Draft, type ModelWeights, untie, type WeightMap } from "./untie";

/**
 * The same model with every weight that writes to the residual stream centred over dModel.
 *
 * Exact when whatever reads the stream is a LayerNorm, which removes the mean anyway.
 *
 * @throws {InexactProcessingError} when something else reads it.
 */
export function centerWritingWeights(config: ModelConfig, weights: WeightMap): ModelWeights {
  requireCenterable(config);
  const { config: untied, weights: start } = untie(config, weights);
  const draft = new Draft(start);
  const writers = ["embed.W_E", "embed.W_token_type", "pos_embed.W_pos"];
  for (let layer = 0; layer < config.nLayers; layer++) {
    const block = `blocks.${layer}`;
    writers.push(
      `${block}.attn.W_O`,
      `${block}.attn.b_O`,
      `${block}.mlp.W_out`,
      `${block}.mlp.b_out`,
    );
  }
  for (const name of writers) draft.update(name, centered);
  return { config: untied, weights: draft.done() };
}

function requireCenterable(config: ModelConfig): void {
  const { normalizationType, normPlacement, finalNorm, postEmbeddingNorm } = config;
  const refuse = (reason: string) => {
    throw new InexactProcessingError(`centerWritingWeights: ${reason}`);
  };
  if (normalizationType === "none") refuse("without LayerNorm the mean of the stream is read");
  if (normalizationType.startsWith("RMS")) {
    refuse("RMSNorm does not remove the mean of what it reads");
  }
  if (normPlacement !== "pre" || postEmbeddingNorm) {
    refuse("a norm writes to the stream, and its output is not centred");
  }
  if (!finalNorm) refuse("without a final LayerNorm the unembedding reads the mean of the stream");
}

/**
 * The same model with the unembedding centred over the vocabulary: logits change by one constant per
 * position, probabilities not at all.
 *
 * @throws {InexactProcessingError} when logits pass a soft cap, which a constant does not pass through.
 */
export function centerUnembed(config: ModelConfig, weights: WeightMap): ModelWeights {
  if (config.outputLogitsSoftCap !== undefined) {
    throw new InexactProcessingError(
      "centerUnembed: a constant added to logits does not pass through their soft cap",
    );
  }
  const { config: untied, weights: start } = untie(config, weights);
  const draft = new Draft(start);
  draft.update("unembed.W_U", centered);
  draft.update("unembed.b_U", centered);
  return { config: untied, weights: draft.done() };
}

/** Minus its mean over the last axis. */
function centered(x: Tensor): Tensor {
  return sub(x, mean(x, { axes: [-1], keepDims: true }));
}
