/**
 * @file Activation patching: one activation after another taken from the other run of a pair of prompts.
 *
 * Vig et al. 2020; Meng et al. 2022; TransformerLens's `patching` module.
 */

import {
  blockOutput,
  type Edit,
  type Model,
  type SweepRow,
  type TokenBatch,
  tokenSlots,
  tokenText,
} from "@diopter/model";
import { checkOptions, fromData } from "@diopter/tensor";
import {
  inputsOf,
  type PairOptions,
  pairKeys,
  readAndMeasure,
  recordOf,
  sweepInto,
} from "./pair-runs";
import { type PairBatch, pairBatches, pairPrompts, realLength } from "./pairs";
import type { CellRows, PatchRecord } from "./record";
import { type PatchDirection, PatchResult } from "./result";
import { type PatchGrid, type PatchPart, type PatchSelection, patchGrid } from "./sites";

export interface PatchOptions extends PairOptions, PatchSelection {
  /** Restricts the sweep to a part: coordinates along its axes, selectors along the others. */
  readonly at?: PatchPart;
}

/**
 * The metric with one activation after another taken from the other run, per cell and prompt.
 *
 * Cells share runs, and runs restart at the layer that is patched. `patchSweeps` has TransformerLens's functions as
 * options. Throws `RangeError` for pairs of unequal length and for axes that an activation does not have.
 *
 * @example
 * const sweep = await patch(model, { clean, corrupt, metric: logitDifference(right, wrong), what: "attn_head_out" });
 * sweep.mean({ normalized: true }); // [layer, head]: 0 is the corrupt run, 1 the clean one
 */
export async function patch(model: Model, options: PatchOptions): Promise<PatchResult> {
  checkOptions("patch", options, {
    ...pairKeys,
    what: "required",
    over: "optional",
    at: "optional",
  });
  checkOptions("patch: at", options.at, {
    layer: "optional",
    head: "optional",
    pos: "optional",
    key: "optional",
  });
  const { direction = "denoise", metric, positions, tokensPerRun = 640 } = options;
  const pairs = pairPrompts(model, options, options);
  const grid = patchGrid(model.config, options, realLength(pairs.clean));
  const indices = grid.cells.map((_, i) => i);
  const moving = indices.filter((i) => grid.cells[i]!.length > 0);
  const { batch: prompts } = pairs.clean;
  const form = { cells: indices.length, swept: moving.length, prompts };
  const record = await recordOf(model, form, "diopter/patch", pairs, { ...options, direction });
  const { dVocabOut: dVocab } = model.config;
  for (const batch of pairBatches(pairs, { metric, positions, tokensPerRun, dVocab })) {
    await patchBatch(model, { batch, grid, moving, direction, record, options });
  }
  record.fill(indices.filter((i) => grid.cells[i]!.length === 0));
  const { values, base, source } = record;
  const [clean, corrupt] = direction === "denoise" ? [source, base] : [base, source];
  return new PatchResult({
    axes: grid.axes,
    coordinates: grid.coordinates,
    labels: gridLabels(model, pairs.clean, grid),
    values: fromData(values, [...grid.coordinates.map((list) => list.length), prompts]),
    clean,
    corrupt,
    direction,
    metric: metric.name,
    provenance: await model.provenance(
      inputsOf("patching sweep", pairs, { ...options, direction, over: grid.axes }),
    ),
  });
}

interface BatchJob {
  readonly batch: PairBatch;
  readonly grid: PatchGrid;
  /** Cells that can change something. */
  readonly moving: readonly number[];
  readonly direction: PatchDirection;
  readonly record: PatchRecord;
  readonly options: PatchOptions;
}

async function patchBatch(model: Model, job: BatchJob): Promise<void> {
  const { batch, grid, moving, direction, record, options } = job;
  const [into, from] =
    direction === "denoise" ? [batch.corrupt, batch.clean] : [batch.clean, batch.corrupt];
  const hooks = new Set(moving.flatMap((i) => grid.cells[i]!.map((site) => site.at)));
  const { cache, values } = await readAndMeasure(model, from, [...hooks], batch.metric, options);
  record.source.set(values, batch.from);
  const patched = moving.map((i) =>
    grid.cells[i]!.map((site): Edit => ({ ...site, do: "patch", value: { cache } })),
  );
  const rows: CellRows = { cells: ["base", ...moving], from: batch.from };
  const over = [unchanged(model, patched.at(-1)), ...patched];
  await sweepInto(model, { into, over, rows, batch, record, options });
}

/**
 * A row that gives the metric of the run itself.
 *
 * The last cell with nothing selected has that cell's structure, so it takes no session and no run of its own.
 */
function unchanged({ config }: Model, last: readonly Edit[] = []): SweepRow {
  const emptied = last.map((edit) => ({
    ...edit,
    ...(edit.head !== undefined && { head: [] }),
    ...(edit.pos !== undefined && { pos: [] }),
  }));
  const selects = emptied.length > 0 && emptied.every(({ head, pos }) => head ?? pos);
  if (selects) return emptied;
  return { at: blockOutput(config, config.nLayers - 1), do: "scale", by: 1 };
}

/** A text per coordinate of each axis: `"L3"`, `"H5"`, and positions with their token where all prompts have the same. */
export function gridLabels(
  model: Model,
  clean: TokenBatch,
  { axes, coordinates }: Pick<PatchGrid, "axes" | "coordinates">,
): string[][] {
  return axes.map((axis, a) =>
    coordinates[a]!.map((at) => {
      if (axis === "layer") return `L${at}`;
      if (axis === "head") return `H${at}`;
      if (axis === "component" || typeof at === "string") return String(at);
      const token = sharedToken(clean, at);
      const text = token === undefined ? "" : textOf(model, token);
      return `${at} ${text}`.trimEnd();
    }),
  );
}

/** The id that every prompt has at a position. */
function sharedToken(tokens: TokenBatch, position: number): number | undefined {
  const found = new Set(
    tokenSlots(tokens).map((slots, row) => {
      const slot = slots.at(position);
      return slot === undefined ? undefined : tokens.ids[row * tokens.pos + slot];
    }),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

function textOf(model: Model, id: number): string {
  return model.tokenizer ? tokenText(model.tokenizer, id) : `#${id}`;
}
