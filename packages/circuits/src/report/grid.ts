/** @file Which cells of the ablation grid a report looks at: the three presets, or cells of one's own. */

import { type Ablation, type AblationValue, ablationOf, mean } from "../ablation/ablation";
import { meanSlots } from "../ablation/mean-slots";
import type { Circuit } from "../graph/circuit";
import type { Task } from "../task/task";

/**
 * `miller`: nodes and edges, resample and mean, all and specific tokens (Miller et al. 2024), 8 cells. `quick`: one axis
 * at a time around the author's cell. `full`: the cross of all axes (faithfulness.md 5.5).
 */
export type GridPreset = "miller" | "quick" | "full";

/** How the authors of a circuit specified it: its own component at its own positions, paired resampling. */
export function originalAblation(circuit: Circuit, changed: Partial<Ablation> = {}): Ablation {
  return ablationOf({
    granularity: circuit.shape.inputs,
    embedding: circuit.shape.embedding,
    component: circuit.component,
    tokens: circuit.hasPositions ? "specific" : "all",
    ...changed,
  });
}

/** The cells of a preset without duplicates; the author's own cell is first, even where the preset lacks it. */
export function gridCells(
  preset: GridPreset,
  task: Task,
  original: Ablation,
  seed: number,
): Ablation[] {
  const grid = { miller: millerGrid, quick: quickGrid, full: fullGrid }[preset];
  return withoutDuplicates([original, ...grid(task, original, seed)]);
}

/** Cells that differ: those of nodes do not depend on whether queries, keys and values are apart. */
export function withoutDuplicates(cells: readonly Ablation[]): Ablation[] {
  const first = cells[0];
  const known = new Map<string, Ablation>();
  for (const cell of cells) {
    const key = keyOf(cell.component === "node" ? { ...cell, granularity: "split" } : cell);
    if (known.has(key)) continue;
    // All node cells get the granularity of the first cell, so that pairs with its edge cells differ in one axis.
    const granularity = cell.component === "node" ? first!.granularity : cell.granularity;
    known.set(key, { ...cell, granularity });
  }
  return [...known.values()];
}

function millerGrid(task: Task, original: Ablation): Ablation[] {
  const named = corruptionIn(original);
  const over = original.direction === "ablate-clean" ? "corrupt" : "clean";
  const means = mean({ over, ...meanSlots(task, named), ...named });
  return cross([original], {
    component: [original.component, other(original.component, ["edge", "node"])],
    value: [{ kind: "resample", from: "paired", ...named }, means],
    tokens: ["specific", "all"],
  });
}

function quickGrid(task: Task, original: Ablation, seed: number): Ablation[] {
  const { component, granularity, direction, set } = original;
  const values = valuesOf(task, original, seed).map((value) => ({ ...original, value }));
  return [
    { ...original, component: other(component, ["edge", "node"]) },
    ...values,
    { ...original, tokens: original.tokens === "all" ? "specific" : "all" },
    { ...original, granularity: other(granularity, ["split", "joint"]) },
    // The set changes with the direction, so that the question stays the same: see `CellLevels`.
    {
      ...original,
      direction: other(direction, ["ablate-clean", "restore-clean"]),
      set: other(set, ["complement", "circuit"]),
    },
    { ...original, set: other(set, ["complement", "circuit"]) },
  ];
}

function fullGrid(task: Task, original: Ablation, seed: number): Ablation[] {
  return cross([original], {
    component: ["edge", "node"],
    granularity: ["split", "joint"],
    value: valuesOf(task, original, seed),
    tokens: ["specific", "all"],
    direction: ["ablate-clean", "restore-clean"],
    set: ["complement", "circuit"],
  });
}

/** Resample, zero, means of three sets by slot and pooled, and noise. */
function valuesOf(task: Task, original: Ablation, seed: number): AblationValue[] {
  const named = corruptionIn(original);
  const slots = meanSlots(task, named);
  return [
    { kind: "resample", from: "paired", ...named },
    { kind: "zero" },
    ...(["clean", "corrupt", "both"] as const).flatMap((over) => [
      mean({ over, ...slots, ...named }),
      mean({ over, by: "all", ...named }),
    ]),
    { kind: "noise", at: "embedding", scale: 3, seed },
  ];
}

/** The corruption that the author's cell names. */
function corruptionIn({ value }: Ablation): { readonly corruption?: string } {
  if ((value.kind !== "resample" && value.kind !== "mean") || value.corruption === undefined)
    return {};
  return { corruption: value.corruption };
}

type Levels = { readonly [K in keyof Ablation]?: readonly Ablation[K][] };

/** Every combination of the levels; the first axis changes slowest. */
function cross(cells: readonly Ablation[], levels: Levels): Ablation[] {
  return Object.entries(levels).reduce<Ablation[]>(
    (all, [axis, options]) =>
      all.flatMap((cell) => options.map((level) => ({ ...cell, [axis]: level }))),
    [...cells],
  );
}

function other<T>(one: T, [a, b]: readonly [T, T]): T {
  return one === a ? b : a;
}

function keyOf(ablation: Ablation): string {
  const { value } = ablation;
  const identity = value.kind === "given" ? ["given", value.name] : value;
  const axes = Object.entries({ ...ablation, value: identity });
  return JSON.stringify(
    axes.sort(([a], [b]) => (a < b ? -1 : 1)),
    (_key, entry) =>
      typeof entry === "object" && entry !== null && !Array.isArray(entry)
        ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
        : entry,
  );
}
