/** @file What every source writes in an ordinary run. */

import type { Model, Values } from "@diopter/model";
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
  const tokens = model.prepare({ tokens: rows });
  const given = hooks.filter((hook) => hook in start);
  const outputs = await model.execute(tokens, signal ? { signal } : {}, {
    logits: "none",
    read: [...new Set([...hooks, ...also])].filter((hook) => !given.includes(hook)),
    start,
  });
  const values = [...hooks, ...also].map((name) => [name, start[name] ?? outputs.get(name)!]);
  return { form: "prompt", values: Object.fromEntries(values) };
}
