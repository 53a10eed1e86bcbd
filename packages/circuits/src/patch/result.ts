/** @file What a patching sweep gives: the metric of every cell and prompt, as tensors, records, JSON and a picture. */

import type { Provenance } from "@diopter/model";
import { std } from "@diopter/statistics";
import {
  brief,
  checkOptions,
  firstOf,
  fromData,
  inspectable,
  mean,
  oneLine,
  type Tensor,
} from "@diopter/tensor";
import { axisOf, type PatchMeanOptions, type PatchSvgOptions, patchPicture } from "./picture";

/** `denoise`: values of the clean run go into the corrupt run; `noise`: values of the corrupt run into the clean one. */
export type PatchDirection = "denoise" | "noise";

export interface PatchContent {
  readonly axes: readonly string[];
  /** Per axis, what the cells along it stand for. */
  readonly coordinates: readonly (readonly (number | string)[])[];
  /** The same as texts, such as `"L3"` and `"4 Mary"`. */
  readonly labels: readonly (readonly string[])[];
  /** Metric with the cell patched, [...axes, prompt]. */
  readonly values: Tensor<"float64">;
  /** Metric of the clean run, per prompt. */
  readonly clean: Float64Array;
  /** Metric of the corrupt run, per prompt. */
  readonly corrupt: Float64Array;
  readonly direction: PatchDirection;
  /** Name of the metric. */
  readonly metric: string;
  readonly provenance: Provenance;
}

/** One cell and prompt as a tidy record: a column per axis, then these. */
export interface PatchRow {
  readonly [axis: string]: number | string;
  readonly prompt: number;
  readonly value: number;
  /** 0 is the corrupt run, 1 the clean run. */
  readonly normalized: number;
}

/** Version of `toJSON`. */
const SCHEMA = 1;

/** A sweep's values per prompt; everything else is derived from them. */
export class PatchResult {
  readonly axes: readonly string[];
  readonly coordinates: readonly (readonly (number | string)[])[];
  readonly labels: readonly (readonly string[])[];
  /** Metric with the cell patched, [...axes, prompt]. */
  readonly values: Tensor<"float64">;
  /** Metric of the clean run, per prompt. */
  readonly clean: Float64Array;
  /** Metric of the corrupt run, per prompt. */
  readonly corrupt: Float64Array;
  readonly direction: PatchDirection;
  readonly metric: string;
  readonly provenance: Provenance;

  constructor(content: PatchContent) {
    inspectable(this);
    this.axes = content.axes;
    this.coordinates = content.coordinates;
    this.labels = content.labels;
    this.values = content.values;
    this.clean = content.clean;
    this.corrupt = content.corrupt;
    this.direction = content.direction;
    this.metric = content.metric;
    this.provenance = content.provenance;
  }

  /** Metric of the run that is patched, per prompt: the corrupt run when denoising, else the clean run. */
  get base(): Float64Array {
    return this.direction === "denoise" ? this.corrupt : this.clean;
  }

  /** Mean over prompts, [...axes]; normalized, it is a ratio of means, as in TransformerLens's demos. */
  mean(options: PatchMeanOptions = {}): Tensor<"float64"> {
    checkOptions("PatchResult.mean", options, { normalized: "optional" });
    const { normalized = false } = options;
    const means = mean(this.values, { axes: [-1] });
    if (!normalized) return means;
    const [clean, corrupt] = [average(this.clean), average(this.corrupt)];
    return this.#like(means, (_, cell) => (means.data[cell]! - corrupt) / (clean - corrupt));
  }

  /** Standard error of the mean over prompts, [...axes]; NaN for one prompt. */
  standardError(): Tensor<"float64"> {
    const spread = std(this.values, { axes: [-1] });
    return this.#like(spread, (value) => value / Math.sqrt(this.clean.length));
  }

  /**
   * Values on each prompt's own scale, 0 for its corrupt and 1 for its clean run, never clipped, [...axes, prompt].
   *
   * Not finite where a prompt's two runs have the same metric.
   */
  normalized(): Tensor<"float64"> {
    const n = this.clean.length;
    return this.#like(this.values, (value, i) => {
      const corrupt = this.corrupt[i % n]!;
      return (value - corrupt) / (this.clean[i % n]! - corrupt);
    });
  }

  /** Change of the metric by the patch, [...axes, prompt]: positive where patching raises it. */
  effects(): Tensor<"float64"> {
    const { base } = this;
    return this.#like(this.values, (value, i) => value - base[i % base.length]!);
  }

  /** The part at one coordinate of an axis. @example result.pick("component", "attn_out").toSVG() */
  pick(axis: string, coordinate: number | string): PatchResult {
    const a = axisOf(this.axes, axis);
    const index = this.coordinates[a]!.indexOf(coordinate);
    if (index < 0) {
      throw new RangeError(
        `patch: no ${axis} ${JSON.stringify(coordinate)}; there are ${this.coordinates[a]!.join(", ")}`,
      );
    }
    const without = <T>(list: readonly T[]) => list.filter((_, i) => i !== a);
    const shape = without(this.values.shape);
    return new PatchResult({
      ...this,
      axes: without(this.axes),
      coordinates: without(this.coordinates),
      labels: without(this.labels),
      values: this.values.slice([index], [index + 1], [a]).reshape(shape),
    });
  }

  /** Tidy records, one per cell and prompt. */
  toRows(): PatchRow[] {
    const n = this.clean.length;
    const normalized = this.normalized().data;
    return Array.from(this.values.data, (value, i) => ({
      ...this.#coordinatesOf(Math.floor(i / n)),
      prompt: i % n,
      value,
      normalized: normalized[i]!,
    }));
  }

  /** Everything, with a schema version and where it came from. */
  toJSON(): Record<string, unknown> {
    return {
      schema: SCHEMA,
      kind: "patching sweep",
      provenance: this.provenance,
      direction: this.direction,
      metric: this.metric,
      axes: this.axes,
      coordinates: this.coordinates,
      labels: this.labels,
      clean: [...this.clean],
      corrupt: [...this.corrupt],
      shape: this.values.shape,
      values: [...this.values.data],
    };
  }

  /** A heat map of the means, normalized unless told otherwise; axes beyond two share the rows, layers bottom-up. */
  toSVG(options: PatchSvgOptions = {}): string {
    checkOptions("PatchResult.toSVG", options, {
      columns: "optional",
      title: "optional",
      normalized: "optional",
      width: "optional",
    });
    const { normalized = true, ...picture } = options;
    return patchPicture(this, this.mean({ normalized }), { ...picture, normalized });
  }

  /** Metric, direction, shape and first values, on one line. */
  toString(): string {
    const { axes, values, direction } = this;
    const shape = values.shape.map((size, a) => `${axes[a] ?? "prompt"} ${size}`).join(", ");
    const what = `${brief(this.metric, 30)}, ${direction}`;
    return oneLine(`PatchResult of ${what} [${brief(shape, 50)}]${firstOf(values.data)}`);
  }

  #coordinatesOf(cell: number): Record<string, number | string> {
    const entries: [string, number | string][] = [];
    let rest = cell;
    for (let a = this.axes.length - 1; a >= 0; a--) {
      const along = this.coordinates[a]!;
      entries.unshift([this.axes[a]!, along[rest % along.length]!]);
      rest = Math.floor(rest / along.length);
    }
    return Object.fromEntries(entries);
  }

  #like(x: Tensor<"float64">, value: (x: number, index: number) => number): Tensor<"float64"> {
    return fromData(Float64Array.from(x.data, value), x.shape);
  }
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
