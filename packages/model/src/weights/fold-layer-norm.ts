/** @file Gains and biases of norms, moved into the matrices that read them. TransformerLens's fold_layer_norm. */

import {
  add,
  checkOptions,
  map,
  matmul,
  mean,
  mul,
  reshape,
  sub,
  type Tensor,
} from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { InexactProcessingError } from "../config/errors";
import { Draft, type ModelWeights, untie, type WeightMap } from "./untie";
import { normsOutputs } from "./weight-shapes";

export interface FoldLayerNormOptions {
  /**
   * Take the mean over dModel out of every matrix that reads a norm. Exact under LayerNorm, whose
   * output has mean zero, and the default there; refused under RMSNorm.
   */
  readonly centerReading?: boolean | undefined;
}

/**
 * The same model with `LNPre` or `RMSPre`: what is left of each norm has no weights.
 *
 * The function computed is unchanged up to rounding. A model without norms, or already folded,
 * comes back as it is.
 *
 * @throws {InexactProcessingError} when a norm's output is read by something that is not a matrix.
 */
export function foldLayerNorm(
  config: ModelConfig,
  weights: WeightMap,
  options: FoldLayerNormOptions = {},
): ModelWeights {
  checkOptions("foldLayerNorm", options, { centerReading: "optional" });
  const { centerReading = config.normalizationType === "LN" } = options;
  const { normalizationType } = config;
  if (normalizationType !== "LN" && normalizationType !== "RMS") return { config, weights };
  requireFoldable(config);
  if (centerReading && normalizationType === "RMS") {
    throw new InexactProcessingError(
      "foldLayerNorm: matrices that read an RMSNorm cannot be centred; its output has a mean",
    );
  }
  const { config: untied, weights: start } = untie(config, weights);
  const draft = new Draft(start);
  for (let layer = 0; layer < config.nLayers; layer++)
    foldBlock(draft, config, layer, centerReading);
  if (config.finalNorm)
    foldInto(draft, config, "ln_final", [["unembed.W_U", "unembed.b_U"]], centerReading);
  const folded = normalizationType === "LN" ? "LNPre" : "RMSPre";
  // Norms of queries and keys keep their gain.
  const keepsGain = config.gainPlusOne && config.qkNorm !== undefined;
  return {
    config: { ...untied, normalizationType: folded, gainPlusOne: keepsGain },
    weights: draft.done(),
  };
}

function requireFoldable(config: ModelConfig): void {
  const refuse = (reason: string) => {
    throw new InexactProcessingError(`foldLayerNorm: ${reason}`);
  };
  if (config.normPlacement === "post") {
    refuse("norms after the residual sum write the stream that everything later reads");
  }
  if (normsOutputs(config)) {
    refuse("norms after a sublayer write to the stream, where no matrix takes up their gain");
  }
  if (config.postEmbeddingNorm) {
    refuse("the norm after the embedding writes to the stream, where no matrix takes up its gain");
  }
}

type Reader = readonly [matrix: string, bias: string];

function foldBlock(draft: Draft, config: ModelConfig, layer: number, center: boolean): void {
  const block = `blocks.${layer}`;
  const attention = ["Q", "K", "V"].map(
    (x): Reader => [`${block}.attn.W_${x}`, `${block}.attn.b_${x}`],
  );
  const mlp = ["in", "gate"].map((x): Reader => [`${block}.mlp.W_${x}`, `${block}.mlp.b_${x}`]);
  if (config.sharedNorm) {
    foldInto(draft, config, `${block}.ln1`, [...attention, ...mlp], center);
    return;
  }
  foldInto(draft, config, `${block}.ln1`, attention, center);
  foldInto(draft, config, `${block}.ln2`, mlp, center);
}

/** (gain * x + bias) W + b = x (diag(gain) W) + (bias W + b). */
function foldInto(
  draft: Draft,
  config: ModelConfig,
  norm: string,
  readers: readonly Reader[],
  center: boolean,
): void {
  const [w, shift] = [draft.get(`${norm}.w`), draft.get(`${norm}.b`)];
  for (const [matrix, bias] of readers) {
    const W = draft.get(matrix);
    if (!W) continue;
    if (shift) draft.set(bias, plus(draft.get(bias), matmul(shift, W)));
    const scaled = w ? mul(W, reshape(gainOf(config, w), [w.data.length, 1])) : W;
    draft.set(matrix, center ? sub(scaled, mean(scaled, { axes: [0], keepDims: true })) : scaled);
  }
  draft.delete(`${norm}.w`);
  draft.delete(`${norm}.b`);
}

function gainOf(config: ModelConfig, w: Tensor): Tensor {
  return config.gainPlusOne ? map(w, (x) => x + 1) : w;
}

function plus(bias: Tensor | undefined, x: Tensor): Tensor {
  return bias ? add(bias, x) : x;
}
