/** @file How far two exports of one model are apart, at the logits and at every hook. */

import { checkOptions, type TensorLike } from "@diopter/tensor";
import { UnknownHookError } from "./config/errors";
import type { HookFilter } from "./hooks/names";
import { takeSlots, tokenSlots } from "./hooks/token-slots";
import type { Model } from "./model";
import { type Prompt, type PromptOptions, promptKeys } from "./text/prompt";

/** Drift of one activation from `a` to `b`. */
export interface DriftRow {
  /** `"logits"`, or a hook. */
  readonly name: string;
  /** The largest absolute difference. */
  readonly maxAbs: number;
  /** That, divided by the largest absolute value in `a`. */
  readonly relative: number;
  /** Root mean square of the difference, divided by that of `a`. */
  readonly rmsRelative: number;
}

/** Drift of logits and hooks between two models. */
export interface ExportComparison {
  readonly a: string;
  readonly b: string;
  readonly rows: readonly DriftRow[];
  toRows(): DriftRow[];
  toJSON(): object;
}

export interface CompareOptions extends PromptOptions {
  /** Hooks to compare; all that both models have when absent. */
  readonly names?: HookFilter;
}

/**
 * Compares two exports of one model on the same prompts: a file and its quantized form, or a checkpoint and its export.
 *
 * Values that are infinite in both (masked scores) count as equal; padding is left out.
 *
 * @throws {UnknownHookError} when the models have no hook in common
 * @throws {RangeError} when they do not have the same shapes
 *
 * @example
 * const drift = await compareExports(float, int8, ["The capital of France is"]);
 * drift.toRows()[0]; // { name: "logits", maxAbs: 0.31, relative: 0.012, rmsRelative: 0.02 }
 */
export async function compareExports(
  a: Model,
  b: Model,
  prompts: Prompt,
  options: CompareOptions = {},
): Promise<ExportComparison> {
  checkOptions("compareExports", options, { ...promptKeys, names: "optional" });
  const { names, ...prompting } = options;
  const filter = names === undefined ? {} : { names };
  const first = await a.runWithCache(prompts, { ...prompting, ...filter });
  const { batch, pos, ids, keep } = first.tokens;
  const rowsOf = <T>(flat: readonly T[]) =>
    Array.from({ length: batch }, (_, i) => flat.slice(i * pos, (i + 1) * pos));
  // The same ids, whatever tokenizer the other folder holds.
  const same = { tokens: rowsOf(ids), attentionMask: rowsOf(keep) };
  const second = await b.runWithCache(same, filter);
  const shared = [...first.cache.names()].filter((name) => second.cache.has(name));
  if (shared.length === 0)
    throw new UnknownHookError(`compareExports: ${a.id} and ${b.id} have no hook in common`);
  const pairs = tokenSlots(first.tokens).map((slots, i) => ({
    a: first.cache.row(i),
    b: second.cache.row(i),
    logits: [first, second].map(({ logits }) => takeSlots(logits.rows(i, i + 1), 1, [slots])),
  }));
  const rows = [
    drift(
      "logits",
      pairs.map(({ logits: [x, y] }) => [x!, y!]),
    ),
    ...shared.map((name) =>
      drift(
        name,
        pairs.map((row) => [row.a.get(name), row.b.get(name)]),
      ),
    ),
  ];
  return {
    a: a.id,
    b: b.id,
    rows,
    toRows: () => [...rows],
    toJSON: () => ({ schema: 1, kind: "export-comparison", a: a.id, b: b.id, rows }),
  };
}

/** Drift over pairs of tensors, one pair for each prompt. */
function drift(name: string, pairs: readonly (readonly [TensorLike, TensorLike])[]): DriftRow {
  let [maxAbs, largest, squares, total] = [0, 0, 0, 0];
  for (const [x, y] of pairs) {
    if (x.shape.join() !== y.shape.join()) {
      throw new RangeError(
        `compareExports: ${name} has shape [${x.shape.join(", ")}] and [${y.shape.join(", ")}]`,
      );
    }
    const [from, to] = [x.data as Float32Array, y.data as Float32Array];
    for (let i = 0; i < from.length; i++) {
      const [p, q] = [from[i]!, to[i]!];
      if (p === q && !Number.isFinite(p)) continue;
      const difference = Math.abs(p - q);
      maxAbs = Math.max(maxAbs, difference);
      largest = Math.max(largest, Math.abs(p));
      squares += difference ** 2;
      total += p ** 2;
    }
  }
  return {
    name,
    maxAbs,
    relative: maxAbs / (largest || 1),
    rmsRelative: Math.sqrt(squares / (total || 1)),
  };
}
