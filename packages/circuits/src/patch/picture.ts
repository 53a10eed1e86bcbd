/** @file A patching sweep as a heat map. */

import { heatmap } from "@diopter/plot";
import type { Tensor } from "@diopter/tensor";

export interface PatchMeanOptions {
  /** On the scale on which the corrupt runs' mean is 0 and the clean runs' mean is 1. */
  readonly normalized?: boolean;
}

export interface PatchSvgOptions extends PatchMeanOptions {
  /** Axis from left to right; by default positions where there are some, else the last axis. */
  readonly columns?: string;
  readonly title?: string;
  /** Pixels, 860 by default: columns that have no room go on in further bands; 344 fit a phone. */
  readonly width?: number | undefined;
}

/** What the cells along each axis are called, and what their means are of. */
interface Pictured {
  readonly axes: readonly string[];
  readonly labels: readonly (readonly string[])[];
  readonly direction: "denoise" | "noise";
  readonly metric: string;
}

/** Means [...axes]; axes beyond two share the rows. */
export function patchPicture(
  { axes, labels, direction, metric }: Pictured,
  values: Tensor<"float64">,
  { columns, title, normalized, width }: PatchSvgOptions,
): string {
  const across = columns === undefined ? defaultColumns(axes) : axisOf(axes, columns);
  const down = axes.map((_, a) => a).filter((a) => a !== across);
  const count = labels[across]?.length ?? 1;
  const means = values.transpose(across < 0 ? down : [...down, across]);
  const rows = Array.from({ length: means.size / count }, (_, row) =>
    Array.from(means.data.subarray(row * count, (row + 1) * count)),
  );
  return heatmap(
    {
      values: rows,
      ...(down.length > 0 && { rowLabels: joined(down.map((a) => labels[a]!)) }),
      ...(across >= 0 && { columnLabels: labels[across] }),
    },
    {
      title: title ?? `Patching, ${direction === "denoise" ? "denoising" : "noising"}`,
      legend: normalized ? `${metric}: 0 corrupt, 1 clean` : metric,
      ...(down.length > 0 && { rowTitle: down.map((a) => axes[a]!).join(", ") }),
      ...(across >= 0 && { columnTitle: axes[across] }),
      bottomUp: axes[down[0] ?? -1] === "layer",
      width,
    },
  );
}

/** Index of an axis. Throws `RangeError` naming those that there are. */
export function axisOf(axes: readonly string[], name: string): number {
  const a = axes.indexOf(name);
  if (a >= 0) return a;
  throw new RangeError(`patch: no axis "${name}"; there are ${axes.join(", ")}`);
}

function defaultColumns(axes: readonly string[]): number {
  const last = Math.max(axes.indexOf("pos"), axes.indexOf("key"));
  return last >= 0 ? last : axes.length - 1;
}

/** All combinations of labels, the last list fastest. */
function joined(lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>(
    (rows, list) => rows.flatMap((row) => list.map((label) => (row ? `${row} ${label}` : label))),
    [""],
  );
}
