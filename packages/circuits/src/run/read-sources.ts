/** @file What every source writes in an ordinary run. */

import { activations, type Model, type Values } from "@diopter/model";
import type { Activations } from "../ablation/activations";
import type { GraphShape } from "../graph/shape";
import { sourceHooks } from "../graph/sources";

export interface ReadOptions {
  /** Further hooks to read in the same run. */
  readonly also?: readonly string[];
  readonly start?: Values;
  readonly signal?: AbortSignal | undefined;
}

/** Source activations of token rows of equal length, and further hooks where they are asked for. */
export async function readSources(
  model: Model,
  shape: GraphShape,
  rows: readonly (readonly number[])[],
  { also = [], start = {}, signal }: ReadOptions = {},
): Promise<Activations> {
  const hooks = sourceHooks(shape);
  const wanted = [...new Set([...hooks, ...also])].filter((hook) => !(hook in start));
  const read = await model.compute({ tokens: rows }, activations(wanted), { start, signal });
  const values = [...hooks, ...also].map((name) => [name, start[name] ?? read[name]!]);
  return { form: "prompt", values: Object.fromEntries(values) };
}
