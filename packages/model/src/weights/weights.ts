/** @file Weights in TransformerLens's shapes, computed on demand from the graph layout. */

import { gather, reshape, Tensor, type TensorLike, transpose, zeros } from "@diopter/tensor";
import type { ModelConfig } from "../config/config";
import { weightShapes } from "./weight-shapes";

/**
 * The weights of a model under TransformerLens's names and shapes.
 *
 * Matrices per head are rearranged copies; a bias that the checkpoint does not have reads as zeros.
 * Keys and values under grouped-query attention are repeated, so that index `head` always means a
 * query head.
 *
 * @example
 * model.weights.W_Q(0); // [head, dModel, dHead]
 */
export class Weights {
  readonly #config: ModelConfig;
  readonly #tensors: ReadonlyMap<string, TensorLike>;

  /** `tensors` in graph layout, as `loadCheckpoint` gives them. */
  constructor(config: ModelConfig, tensors: ReadonlyMap<string, TensorLike>) {
    this.#config = config;
    this.#tensors = tensors;
  }

  /** Names of the weights that are there. */
  names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** A weight in graph layout. Throws `RangeError` when the model has none of that name. */
  get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor)
      throw new RangeError(`weights: this ${this.#config.family} model has no "${name}"`);
    return asTensor(tensor);
  }

  /** The weights themselves, in graph layout. */
  tensors(): ReadonlyMap<string, TensorLike> {
    return this.#tensors;
  }

  /** Numbers in all weights together; a tied unembedding counts once. */
  get parameterCount(): number {
    return this.#total(({ data }) => data.length);
  }

  /** Bytes of all weights together. */
  get bytes(): number {
    return this.#total(({ data }) => data.byteLength);
  }

  /** Token embedding, [dVocab, dModel]. */
  get W_E(): Tensor {
    return this.get("embed.W_E");
  }

  /** Learned positions, [nCtx, dModel]. */
  get W_pos(): Tensor {
    return this.get("pos_embed.W_pos");
  }

  /** Unembedding, [dModel, dVocabOut]; the transposed embedding where they are tied. */
  get W_U(): Tensor {
    return this.#config.tiedEmbeddings ? transpose(this.W_E) : this.get("unembed.W_U");
  }

  /** [dVocabOut] */
  get b_U(): Tensor {
    return this.#bias("unembed.b_U");
  }

  /** [head, dModel, dHead] */
  W_Q(layer: number): Tensor {
    return this.#columnsByHead(layer, "W_Q");
  }

  /** [head, dModel, dHead] */
  W_K(layer: number): Tensor {
    return this.#columnsByHead(layer, "W_K");
  }

  /** [head, dModel, dHead] */
  W_V(layer: number): Tensor {
    return this.#columnsByHead(layer, "W_V");
  }

  /** [head, dHead, dModel] */
  W_O(layer: number): Tensor {
    const { nHeads, dHead, dModel } = this.#config;
    return reshape(this.get(`${this.#block(layer)}.attn.W_O`), [nHeads, dHead, dModel]);
  }

  /** [head, dHead] */
  b_Q(layer: number): Tensor {
    return this.#biasByHead(layer, "b_Q");
  }

  /** [head, dHead] */
  b_K(layer: number): Tensor {
    return this.#biasByHead(layer, "b_K");
  }

  /** [head, dHead] */
  b_V(layer: number): Tensor {
    return this.#biasByHead(layer, "b_V");
  }

  /** [dModel] */
  b_O(layer: number): Tensor {
    return this.#bias(`${this.#block(layer)}.attn.b_O`);
  }

  /** [dModel, dMlp] */
  W_in(layer: number): Tensor {
    return this.get(`${this.#block(layer)}.mlp.W_in`);
  }

  /** [dModel, dMlp]; gated models only. */
  W_gate(layer: number): Tensor {
    return this.get(`${this.#block(layer)}.mlp.W_gate`);
  }

  /** [dMlp, dModel] */
  W_out(layer: number): Tensor {
    return this.get(`${this.#block(layer)}.mlp.W_out`);
  }

  /** [dMlp] */
  b_in(layer: number): Tensor {
    return this.#bias(`${this.#block(layer)}.mlp.b_in`);
  }

  /** [dModel] */
  b_out(layer: number): Tensor {
    return this.#bias(`${this.#block(layer)}.mlp.b_out`);
  }

  #total(count: (tensor: TensorLike) => number): number {
    return [...this.#tensors.values()].reduce((sum, tensor) => sum + count(tensor), 0);
  }

  #block(layer: number): string {
    const { nLayers } = this.#config;
    if (Number.isInteger(layer) && layer >= 0 && layer < nLayers) return `blocks.${layer}`;
    throw new RangeError(`weights: no layer ${layer}; layers go from 0 to ${nLayers - 1}`);
  }

  /** [dModel, heads*dHead] as [head, dModel, dHead]. */
  #columnsByHead(layer: number, name: string): Tensor {
    const { dModel, dHead } = this.#config;
    const W = this.get(`${this.#block(layer)}.attn.${name}`);
    const heads = (W.shape[1] ?? 0) / dHead;
    return this.#perQueryHead(transpose(reshape(W, [dModel, heads, dHead]), [1, 0, 2]));
  }

  #biasByHead(layer: number, name: string): Tensor {
    const { dHead } = this.#config;
    const b = this.#bias(`${this.#block(layer)}.attn.${name}`);
    return this.#perQueryHead(reshape(b, [b.data.length / dHead, dHead]));
  }

  /** Repeats heads that several query heads share, [keyValueHead, ...] -> [head, ...]. */
  #perQueryHead(x: Tensor): Tensor {
    const { nHeads } = this.#config;
    const heads = x.shape[0] ?? nHeads;
    if (heads === nHeads) return x;
    const group = nHeads / heads;
    return gather(
      x,
      Array.from({ length: nHeads }, (_, head) => Math.floor(head / group)),
      0,
    );
  }

  #bias(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor) return asTensor(tensor);
    const shape = weightShapes(this.#config).get(name)?.shape;
    if (!shape) return this.get(name);
    return zeros(shape, this.W_E.dtype);
  }
}

function asTensor(x: TensorLike): Tensor {
  return x instanceof Tensor ? x : Tensor.from(x);
}
