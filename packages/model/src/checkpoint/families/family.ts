/** @file What describes a model family: how its files become a configuration and weights, and nothing else. */

import type { ModelConfig } from "../../config/config";
import type { Fields } from "./fields";
import type { Recipe } from "./recipe";

/** Names and shapes of the tensors of a checkpoint, before any is read. */
export interface TensorNames {
  /** Shape of a tensor under the family's naming (prefix or none), or undefined when it is not there. */
  shape(name: string): readonly number[] | undefined;
  /** Number of layers counted from names such as `"h.{l}.ln_1.weight"`. */
  layers(name: string): number;
}

/**
 * A model family.
 *
 * Pass families of your own as `families` when loading; nothing is registered globally.
 */
export interface Family {
  readonly name: string;
  /** Whether this family reads a `config.json`. */
  readonly matches: (config: Readonly<Record<string, unknown>>) => boolean;
  /** What people write in `config.json` to get this family, for messages. */
  readonly accepts: string;
  /** What checkpoints may put before tensor names, `""` included. */
  readonly prefixes: readonly string[];
  /** Tensors that never carry the prefix. */
  readonly unprefixed?: RegExp;
  /** Tensors that checkpoints carry without need: masks, position ids, heads for other tasks. */
  readonly ignored: readonly RegExp[];
  readonly config: (fields: Fields, tensors: TensorNames) => ModelConfig;
  /** Recipes by weight name; `{l}` stands for the layer. */
  readonly weights: (config: ModelConfig) => Readonly<Record<string, Recipe>>;
}
