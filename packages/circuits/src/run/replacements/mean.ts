/** @file Mean ablation: the average output over a set of prompts, with what is averaged separately stated. */

import { quoted } from "@diopter/graph";
import { Random, type TensorLike } from "@diopter/tensor";
import type { AblationValue } from "../../ablation/ablation";
import type { Activations } from "../../ablation/activations";
import { NotApplicableError } from "../../ablation/not-applicable";
import { corruptionOf, corruptRow } from "../../ablation/token-rows";
import { own } from "../../schema/schema";
import type { TaskPrompt } from "../../task/task";
import { batchesOf } from "../batches";
import { readSources } from "../read-sources";
import { fixed, type ReplacementContext, type Replacements } from "./replacement";

type MeanValue = Extract<AblationValue, { kind: "mean" }>;

/** Where one token's activation is averaged: a slot of a group. */
interface Cell {
  readonly group: string;
  readonly slot: number;
}

/**
 * Means over one pass of the set, accumulated in float64, independent of batch sizes.
 *
 * Not applicable: a set whose prompts are all the same; positions that prompts of unequal lengths do not share.
 */
export async function meanValues(
  value: MeanValue,
  context: ReplacementContext,
): Promise<Replacements> {
  if (value.over === "batch") return batchMeans(value, context);
  const rows = setOf(value, context);
  requireVariation(rows, value);
  const means = await accumulate(rows, value, context);
  return fixed((prompts) => Promise.resolve(means.at(prompts)));
}

/** The mean over the batch at hand, of the side that the base run is not. Depends on the batch size, and is offered for comparison only. */
function batchMeans(value: MeanValue, context: ReplacementContext): Replacements {
  const { task, direction } = context;
  const corruption = corruptionOf(task, value.corruption);
  return fixed(async (prompts) => {
    const rows = prompts.map((prompt) => ({
      prompt,
      row: direction === "ablate-clean" ? corruptRow(prompt, corruption) : prompt.clean,
    }));
    return (await accumulate(rows, value, context)).at(prompts);
  });
}

interface Row {
  readonly prompt: TaskPrompt;
  readonly row: readonly number[];
}

function setOf(value: MeanValue, { task }: ReplacementContext): Row[] {
  const { over, n, seed = 0 } = value;
  const all = typeof over === "string" ? task.prompts : over;
  const size = n ?? all.length;
  if (!(size >= 1 && size <= all.length))
    throw new RangeError(`ablation: a mean over ${size} prompts of ${all.length}`);
  const prompts = n === undefined ? all : new Random(seed).sample(all, n);
  const corrupt = (prompt: TaskPrompt): Row => ({
    prompt,
    row: corruptRow(prompt, corruptionOf(task, value.corruption)),
  });
  const clean = (prompt: TaskPrompt): Row => ({ prompt, row: prompt.clean });
  if (over === "corrupt") return prompts.map(corrupt);
  return over === "both" ? [...prompts.map(clean), ...prompts.map(corrupt)] : prompts.map(clean);
}

/** Every mean, of each group where they are apart, must be over prompts that differ. */
function requireVariation(rows: readonly Row[], value: MeanValue): void {
  const sets = new Map<string, string[]>();
  for (const { prompt, row } of rows) {
    const group = value.by === "group" ? groupOf(prompt, value) : "";
    sets.set(group, [...(sets.get(group) ?? []), row.join()]);
  }
  for (const [group, set] of sets) {
    if (new Set(set).size > 1) continue;
    const own = value.by === "group" ? ` of ${value.group ?? "template"} ${quoted(group)}` : "";
    const prompts = `${set.length} of ${rows.length} prompts`;
    throw new NotApplicableError(
      `the mean${own} is over ${prompts} that do not vary, so it would restore what they say`,
    );
  }
}

async function accumulate(
  rows: readonly Row[],
  value: MeanValue,
  { model, shape, batchSize, signal }: ReplacementContext,
): Promise<Means> {
  const means = new Means(value);
  const asPrompts = rows.map(({ prompt, row }) => ({ ...prompt, clean: row }));
  for (const { prompts } of batchesOf(asPrompts, batchSize)) {
    const { values } = await readSources(
      model,
      shape,
      prompts.map(({ clean }) => clean),
      { signal },
    );
    for (const [row, prompt] of prompts.entries()) means.add(prompt, values, row);
  }
  return means;
}

function groupOf(prompt: TaskPrompt, { group = "template" }: MeanValue): string {
  const name = own(prompt.groups, group);
  if (name !== undefined) return name;
  throw new NotApplicableError(`prompt ${quoted(prompt.id)} belongs to no ${quoted(group)}`);
}

/** Running sums by group and slot; slots are positions, spans, or the one of all tokens. */
class Means {
  readonly #value: MeanValue;
  readonly #cells = new Map<string, { count: number; sums: Map<string, Float64Array> }>();
  readonly #rest = new Map<string, readonly number[]>();
  readonly #lengths = new Map<string, number>();

  constructor(value: MeanValue) {
    this.#value = value;
  }

  add(prompt: TaskPrompt, values: Readonly<Record<string, TensorLike>>, row: number): void {
    const cells = this.#cellsOf(prompt);
    this.#requireLength(cells);
    for (const [pos, cell] of cells.entries()) this.#addToken(cell, values, row, pos);
  }

  at(prompts: readonly TaskPrompt[]): Activations {
    const { by } = this.#value;
    const groups = new Set(prompts.map((prompt) => by === "group" && groupOf(prompt, this.#value)));
    const byPrompt = by === "span" || groups.size > 1;
    const chosen = byPrompt ? prompts : prompts.slice(0, 1);
    const cells = chosen.map((prompt) =>
      by === "all" ? [{ group: "", slot: 0 }] : this.#cellsOf(prompt),
    );
    for (const own of cells) this.#requireLength(own);
    const values = Object.fromEntries(
      [...this.#rest].map(([hook, rest]) => [hook, this.#tensor(hook, rest, cells)]),
    );
    return { form: byPrompt ? "prompt" : by === "all" ? "constant" : "position", values };
  }

  /** Positions are the same place only in prompts (of a group) that are equally long. */
  #requireLength(cells: readonly Cell[]): void {
    const { by } = this.#value;
    if (by !== "position" && by !== "group") return;
    const { group } = cells[0]!;
    const length = this.#lengths.get(group) ?? cells.length;
    this.#lengths.set(group, length);
    if (length === cells.length) return;
    const set = by === "group" ? ` in group "${group}"` : "";
    throw new NotApplicableError(
      `a mean by position needs prompts of one length, got ${length} and ${cells.length} tokens${set}`,
    );
  }

  #cellsOf(prompt: TaskPrompt): Cell[] {
    const { by } = this.#value;
    const group = by === "group" ? groupOf(prompt, this.#value) : "";
    const names = by === "span" ? spanNames(prompt) : [];
    return prompt.clean.map((_, pos) => {
      if (by === "all") return { group, slot: 0 };
      return by === "span"
        ? { group: names[spanOfToken(prompt, pos)]!, slot: 0 }
        : { group, slot: pos };
    });
  }

  #addToken(
    { group, slot }: Cell,
    values: Readonly<Record<string, TensorLike>>,
    row: number,
    pos: number,
  ): void {
    const key = `${slot} ${group}`;
    const cell = this.#cells.get(key) ?? { count: 0, sums: new Map() };
    this.#cells.set(key, cell);
    cell.count++;
    for (const [hook, { shape, data }] of Object.entries(values)) {
      const rest = shape.slice(2);
      this.#rest.set(hook, rest);
      const size = rest.reduce((a, b) => a * b, 1);
      const sum = cell.sums.get(hook) ?? new Float64Array(size);
      cell.sums.set(hook, sum);
      const start = (row * shape[1]! + pos) * size;
      for (let i = 0; i < size; i++) sum[i]! += data[start + i] as number;
    }
  }

  #tensor(hook: string, rest: readonly number[], rows: readonly (readonly Cell[])[]): TensorLike {
    const size = rest.reduce((a, b) => a * b, 1);
    const pos = rows[0]!.length;
    const data = new Float64Array(rows.length * pos * size);
    rows.forEach((cells, row) => {
      cells.forEach(({ group, slot }, at) => {
        const cell = this.#cells.get(`${slot} ${group}`);
        if (!cell) {
          throw new NotApplicableError(
            `the mean set has no ${this.#value.by === "span" ? `span "${group}"` : `position ${slot}${group && ` in "${group}"`}`}`,
          );
        }
        const sum = cell.sums.get(hook)!;
        const start = (row * pos + at) * size;
        for (let i = 0; i < size; i++) data[start + i] = sum[i]! / cell.count;
      });
    });
    return { dtype: "float64", shape: [rows.length, pos, ...rest], data };
  }
}

/** Names of the spans, in order: `start`, then one from each named position to the next. */
export function spanNames({ positions }: Pick<TaskPrompt, "positions">): string[] {
  return ["start", ...starts(positions).map(([name]) => name)];
}

/** Index of the span that covers a token; every token is covered exactly once. */
export function spanOfToken({ positions }: Pick<TaskPrompt, "positions">, pos: number): number {
  return starts(positions).filter(([, start]) => start <= pos).length;
}

/** Named positions in order; of several names for one token the alphabetically first counts. */
function starts(positions: TaskPrompt["positions"]): [name: string, start: number][] {
  const sorted = Object.entries(positions).sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return sorted.filter(([, start], i) => i === 0 || start !== sorted[i - 1]![1]);
}
