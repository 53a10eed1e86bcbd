/** @file The values of a patching sweep while it is being measured, so that it can be interrupted and resumed. */

import { isTable, type JobIdentity, type JobState, jobState, resumeData } from "@diopter/model";

/** How far a patching sweep is. */
export interface PatchProgress {
  /** Values (cell and prompt) that are measured. */
  readonly done: number;
  readonly total: number;
}

/** What is measured, [cell][prompt], the run that is patched last; null where nothing is yet. */
export type PatchState = JobState<readonly (readonly (number | null)[])[]>;

interface RecordOptions {
  readonly resume?: PatchState | undefined;
  readonly onState?: ((state: PatchState) => void) | undefined;
  readonly onProgress?: ((progress: PatchProgress) => void) | undefined;
}

/** A cell of the grid, or the run that is patched itself. */
export type Cell = number | "base";

/** Rows of a sweep: which cells they are, and the first of the prompts that they were measured on. */
export interface CellRows {
  readonly cells: readonly Cell[];
  readonly from: number;
}

/** Metric per cell and prompt; the unpatched run is kept as one more cell at the end. */
export class PatchRecord {
  /** Metric of the run that values are taken from, per prompt. */
  readonly source: Float64Array;
  readonly #rows: Float64Array[];
  readonly #total: number;
  readonly #options: RecordOptions;
  readonly #identity: JobIdentity | undefined;
  #done = 0;

  /** `swept` of the cells are measured, the others cannot change. Throws `RangeError` when `resume` is of another job. */
  constructor(
    { cells, swept, prompts }: { cells: number; swept: number; prompts: number },
    options: RecordOptions,
    identity: JobIdentity | undefined,
  ) {
    const { resume } = options;
    const measured =
      resume && resumeData("patch", resume, identity!, (data) => isTable(data, cells + 1, prompts));
    this.source = new Float64Array(prompts);
    this.#rows = Array.from({ length: cells + 1 }, (_, i) =>
      Float64Array.from({ length: prompts }, (_, prompt) => measured?.[i]?.[prompt] ?? Number.NaN),
    );
    this.#total = (swept + 1) * prompts;
    this.#options = options;
    this.#identity = identity;
  }

  /** Metric, [cell, prompt]. */
  get values(): Float64Array {
    const prompts = this.source.length;
    const out = new Float64Array((this.#rows.length - 1) * prompts);
    this.#rows.slice(0, -1).forEach((row, i) => {
      out.set(row, i * prompts);
    });
    return out;
  }

  /** Metric of the run that is patched, per prompt. */
  get base(): Float64Array {
    return this.#rows.at(-1)!;
  }

  /** Places of the cells that are not measured yet on some of `count` prompts. */
  open({ cells, from }: CellRows, count: number): number[] {
    return [...cells.keys()].filter((place) =>
      this.#row(cells[place]!)
        .subarray(from, from + count)
        .some(Number.isNaN),
    );
  }

  /** Counts cells of `count` prompts that an earlier job has measured. */
  restore(cells: number, count: number): void {
    this.#done += cells * count;
  }

  /** Takes what a sweep has measured so far, and tells of it. */
  report(rows: CellRows, done: number, measured: readonly Float64Array[]): void {
    const { onProgress, onState } = this.#options;
    this.#set(rows, measured);
    onProgress?.({ done: this.#done + done * measured[0]!.length, total: this.#total });
    onState?.(
      jobState(
        this.#identity!,
        this.#rows.map((row) => Array.from(row, (x) => (Number.isFinite(x) ? x : null))),
      ),
    );
  }

  /** Takes what a sweep has measured. */
  finish(rows: CellRows, measured: readonly Float64Array[]): void {
    this.#set(rows, measured);
    this.#done += rows.cells.length * measured[0]!.length;
  }

  /** Gives cells that change nothing the value of the run itself. */
  fill(unmoved: readonly number[]): void {
    for (const cell of unmoved) this.#rows[cell]!.set(this.base);
  }

  #set({ cells, from }: CellRows, measured: readonly Float64Array[]): void {
    cells.forEach((cell, i) => {
      this.#row(cell).set(measured[i]!, from);
    });
  }

  #row(cell: Cell): Float64Array {
    return this.#rows.at(cell === "base" ? -1 : cell)!;
  }
}
