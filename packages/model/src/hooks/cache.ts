/** @file The activations of one run, by hook name. */

import { nearest } from "@diopter/graph";
import {
  brief,
  counted,
  fromData,
  inspectable,
  oneLine,
  Tensor,
  type TensorLike,
} from "@diopter/tensor";
import { getActName } from "./get-act-name";
import { hookAxes } from "./hook-axes";
import { padPlaces, type TokenSlots, takeSlots, tokenSlots } from "./token-slots";

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
 * Where prompts differ in length, `keep` tells tokens from padding along pos, query and key; `row` and `positions` see
 * tokens only.
 *
 * @example cache.get("blocks.3.attn.hook_z"); cache.get("z", 3); cache.get("resid_post", -1);
 */
export class ActivationCache {
  readonly #values: ReadonlyMap<string, Tensor>;
  /** 1 for real tokens, 0 for padding, [batch, pos]; what means over positions must leave out. */
  readonly keep: readonly (0 | 1)[];
  readonly #layers: number;
  /** Along pos and query. */
  readonly #slots: TokenSlots;
  /** Along key, which is whole where positions have been chosen. */
  readonly #keys: TokenSlots;

  constructor(
    values: Iterable<readonly [string, TensorLike]>,
    options: { keep: readonly (0 | 1)[]; nLayers: number; slots?: TokenSlots; keys?: TokenSlots },
  ) {
    inspectable(this);
    this.#values = new Map([...values].map(([name, value]) => [name, asTensor(value)]));
    this.keep = options.keep;
    this.#layers = options.nLayers;
    this.#slots = options.slots ?? tokenSlots({ batch: this.batch, keep: this.keep });
    this.#keys = options.keys ?? this.#slots;
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

  /** One prompt's activations, [1, ...], without the padding that others brought; as if it had run alone. Throws `RangeError`. */
  row(index: number): ActivationCache {
    if (!Number.isInteger(index) || index < 0 || index >= this.batch)
      throw new RangeError(`cache: prompt ${index} is not in 0..${this.batch - 1}`);
    const own = (slots: TokenSlots) => slots[index]!.filter((slot) => slot >= 0);
    const taken = this.entries().map(([name, value]) => {
      const row = isActivation(name) ? value.slice([index], [index + 1], [0]) : value;
      return [name, this.#taken(name, row, [own(this.slots(name))], [own(this.#keys)])] as const;
    });
    return this.#with(taken, [own(this.#slots)], {
      slots: packed([this.#slots[index]!]),
      keys: packed([this.#keys[index]!]),
    });
  }

  /**
   * The same cache at some positions of each prompt, counted as `Array.prototype.slice` does over its tokens; keys stay.
   *
   * A prompt with fewer of them than others is filled up with NaN at the end, as `keep` tells.
   *
   * @example cache.positions(-1); // [batch, 1, ...]: the last token of each prompt
   */
  positions(start: number, end?: number): ActivationCache {
    const chosen = this.#slots.map((row) =>
      row.flatMap((slot, position) => (slot < 0 ? [] : [position])).slice(start, end),
    );
    const taken = this.entries().map(([name, value]) => {
      const slots = this.slots(name);
      const places = chosen.map((row, r) => row.map((position) => slots[r]![position]!));
      return [name, this.#taken(name, value, padPlaces(places))] as const;
    });
    const slots = this.#slots.map((row, r) => row.map((_, p) => chosen[r]!.indexOf(p)));
    return this.#with(taken, chosen, { slots, keys: this.#keys });
  }

  /** The slot of each token along the positions (queries) of an activation, or along its keys, [batch][position]. */
  slots(name: string, along: "pos" | "key" = "pos"): TokenSlots {
    if (along === "key") return this.#keys;
    const width = this.keep.length / this.batch;
    const here = this.#values.get(name)?.shape[positionAxis(name)] ?? width;
    // Logits of the last position alone.
    if (here !== width) return this.#slots.map((row) => row.map((_, p) => p - row.length + 1));
    return this.#slots;
  }

  #taken(name: string, value: Tensor, places: TokenSlots, keys?: TokenSlots): Tensor {
    if (!isActivation(name)) return value;
    const taken = takeSlots(value, positionAxis(name), places);
    const key = hookAxes(name).indexOf("key");
    return keys && key >= 0 ? takeSlots(taken, key, keys) : taken;
  }

  #with(
    values: Iterable<readonly [string, Tensor]>,
    tokens: TokenSlots,
    layout: { slots: TokenSlots; keys: TokenSlots },
  ): ActivationCache {
    const keep = padPlaces(tokens.map((row) => row.map(() => 1))).flat();
    return new ActivationCache(values, {
      keep: keep.map((real) => (real > 0 ? 1 : 0)),
      nLayers: this.#layers,
      ...layout,
    });
  }

  /** Rows of the batch. */
  get batch(): number {
    return this.entries().find(([name]) => isActivation(name))?.[1].shape[0] ?? 0;
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this.entries().map(([name, value]) => [name, value.toJSON()]));
  }

  /** How much of what it holds, on one line. */
  toString(): string {
    const names = this.names();
    const { batch } = this;
    const size = batch ? `, batch ${batch}, ${counted(this.keep.length / batch, "position")}` : "";
    const first = names.length
      ? ` (${brief(names[0]!, 50)}${names.length > 1 ? ", ..." : ""})`
      : "";
    const what = names.every(isActivation) ? "hook" : "value";
    return oneLine(`ActivationCache of ${counted(names.length, what)}${size}${first}`);
  }
}

/** Gradients may hold weights beside activations; those have neither prompts nor positions. */
function isActivation(name: string): boolean {
  return /(^|\.)hook_/.test(name);
}

function positionAxis(name: string): number {
  return hookAxes(name).findIndex((axis) => axis === "pos" || axis === "query");
}

/** Slots of the same tokens without what lies between them. */
function packed(slots: TokenSlots): TokenSlots {
  return slots.map((row) => {
    let next = 0;
    return row.map((slot) => (slot < 0 ? -1 : next++));
  });
}

function asTensor(value: TensorLike): Tensor {
  return value instanceof Tensor ? value : fromData(value.data, value.shape, value.dtype);
}
