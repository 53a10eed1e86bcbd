/** @file The starting point of weight processing: a copy that may be changed, with an unembedding of its own. */

import { Tensor, type TensorLike, transpose } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";

export type WeightMap = ReadonlyMap<string, TensorLike>;

/** A configuration with its weights. */
export interface ModelWeights {
  readonly config: ModelConfig;
  readonly weights: WeightMap;
}

/** Weights that a processing step rewrites; the tensors themselves are never written to. */
export class Draft {
  readonly #weights: Map<string, TensorLike>;

  constructor(weights: WeightMap) {
    this.#weights = new Map(weights);
  }

  get(name: string): Tensor | undefined {
    const tensor = this.#weights.get(name);
    return tensor && Tensor.from(tensor);
  }

  /** Replaces a weight by a function of it, where there is one. */
  update(name: string, f: (x: Tensor) => Tensor): void {
    const tensor = this.get(name);
    if (tensor) this.#weights.set(name, f(tensor));
  }

  set(name: string, tensor: Tensor): void {
    this.#weights.set(name, tensor);
  }

  delete(name: string): void {
    this.#weights.delete(name);
  }

  done(): WeightMap {
    return this.#weights;
  }
}

/** The same model with `unembed.W_U` written out, so that embedding and unembedding can part. */
export function untie(config: ModelConfig, weights: WeightMap): ModelWeights {
  const embedding = weights.get("embed.W_E");
  if (!config.tiedEmbeddings || !embedding) return { config, weights };
  const untied = new Map(weights).set("unembed.W_U", transpose(embedding));
  return { config: { ...config, tiedEmbeddings: false }, weights: untied };
}
