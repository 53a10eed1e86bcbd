/** @file The activations of one run, by hook name. */

import { nearest } from "@diopter/graph";
import { fromData, Tensor, type TensorLike } from "@diopter/tensor";
import { getActName } from "./get-act-name";
import { hookAxes } from "./hook-axes";

/**
 * Activations by hook name, immutable. Shapes (TransformerLens's):
 *
 * - `hook_embed`, `hook_pos_embed`, `hook_resid_{pre,mid,post}`, `hook_{attn,mlp}_out`: [batch, pos, dModel]
 * - `attn.hook_{q,k,v,z}`, `hook_rot_{q,k}`: [batch, pos, head, dHead]; keys and values have their own head count
 * - `attn.hook_{attn_scores,pattern}`: [batch, head, query, key]
 * - `attn.hook_result`, `hook_{q,k,v}_input`: [batch, pos, head, dModel]
 * - `mlp.hook_{pre,pre_linear,post}`: [batch, pos, dMlp]
 * - `ln*.hook_scale`: [batch, pos, 1]; `ln*.hook_normalized`: [batch, pos, dModel], before gain and bias
 *
 * @example cache.get("blocks.3.attn.hook_z"); cache.get("z", 3); cache.get("resid_post", -1);
 */
export class ActivationCache {
  readonly #values: ReadonlyMap<string, Tensor>;
  /** 1 for real tokens, 0 for padding, [batch, pos]; what means over positions must leave out. */
  readonly keep: readonly (0 | 1)[];
  readonly #layers: number;

  constructor(
    values: Iterable<readonly [string, TensorLike]>,
    options: { keep: readonly (0 | 1)[]; nLayers: number },
  ) {
    this.#values = new Map([...values].map(([name, value]) => [name, asTensor(value)]));
    this.keep = options.keep;
    this.#layers = options.nLayers;
  }

  /** The activation of a full hook name, or of TransformerLens's shorthand and layer (negative from the end). Throws `RangeError`. */
  get(name: string, layer?: number): Tensor {
    const full =
      layer === undefined && this.#values.has(name)
        ? name
        : getActName(name, layer !== undefined && layer < 0 ? this.#layers + layer : layer);
    const value = this.#values.get(full) ?? this.#values.get(name);
    if (value) return value;
    const near = nearest(full, this.names());
    throw new RangeError(
      `cache: no activation "${full}"${near ? `; did you mean "${near}"?` : ""}`,
    );
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Hook names, in execution order. */
  names(): string[] {
    return [...this.#values.keys()];
  }

  entries(): [string, Tensor][] {
    return [...this.#values];
  }

  /** The same cache with one row of the batch, keeping the batch axis. */
  row(index: number): ActivationCache {
    const pos = this.keep.length / this.batch;
    return new ActivationCache(
      this.entries().map(
        ([name, value]) => [name, value.slice([index], [index + 1], [0])] as const,
      ),
      { keep: this.keep.slice(index * pos, (index + 1) * pos), nLayers: this.#layers },
    );
  }

  /** The same cache at some positions only, counted as `Array.prototype.slice` does; keys of patterns stay. */
  positions(start: number, end?: number): ActivationCache {
    const pos = this.keep.length / this.batch;
    const slots = Array.from({ length: pos }, (_, slot) => slot).slice(start, end);
    const cut = (name: string, value: Tensor) => {
      const axis = hookAxes(name).findIndex((word) => word === "pos" || word === "query");
      return value.slice([slots[0] ?? 0], [(slots.at(-1) ?? -1) + 1], [axis]);
    };
    return new ActivationCache(
      this.entries().map(([name, value]) => [name, cut(name, value)] as const),
      { keep: this.keep.filter((_, i) => slots.includes(i % pos)), nLayers: this.#layers },
    );
  }

  /** Rows of the batch. */
  get batch(): number {
    return this.entries()[0]?.[1].shape[0] ?? 0;
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this.entries().map(([name, value]) => [name, value.toJSON()]));
  }
}

function asTensor(value: TensorLike): Tensor {
  return value instanceof Tensor ? value : fromData(value.data, value.shape, value.dtype);
}
