/** @file The values of a patching sweep while it is being measured, so that it can be interrupted and resumed. */

/** How far a patching sweep is. */
export interface PatchProgress {
  /** Values (cell and prompt) that are measured. */
  readonly done: number;
  readonly total: number;
  /** Give it back as `resume` to go on: one list over prompts per cell, NaN where not measured yet. */
  readonly values: readonly Float64Array[];
}

interface RecordOptions {
  readonly resume?: readonly Float64Array[];
  readonly onProgress?: (progress: PatchProgress) => void;
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
  readonly #report: ((progress: PatchProgress) => void) | undefined;
  #done = 0;

  /** `swept` of the cells are measured, the others cannot change. Throws `RangeError` when `resume` has another form. */
  constructor(
    { cells, swept, prompts }: { cells: number; swept: number; prompts: number },
    { resume, onProgress }: RecordOptions,
  ) {
    if (resume && (resume.length !== cells + 1 || resume.some((row) => row.length !== prompts))) {
      throw new RangeError(
        `patch: resume has ${resume.length} rows of ${resume[0]?.length ?? 0} prompts, expected ${cells + 1} of ${prompts}`,
      );
    }
    this.source = new Float64Array(prompts);
    this.#rows = Array.from({ length: cells + 1 }, (_, i) =>
      resume ? Float64Array.from(resume[i]!) : new Float64Array(prompts).fill(Number.NaN),
    );
    this.#total = (swept + 1) * prompts;
    this.#report = onProgress;
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

  /** What is known of some cells for `count` prompts. */
  read({ cells, from }: CellRows, count: number): Float64Array[] {
    return cells.map((cell) => this.#row(cell).slice(from, from + count));
  }

  /** Tells of a sweep in progress; what it has measured is only copied when somebody looks. */
  report(rows: CellRows, done: number, measured: readonly Float64Array[]): void {
    const merged = () => {
      this.#set(rows, measured);
      return this.#rows.map((row) => row.slice());
    };
    this.#report?.({
      done: this.#done + done * measured[0]!.length,
      total: this.#total,
      get values() {
        return merged();
      },
    });
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
