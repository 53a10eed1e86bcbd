/** @file Many tensors of a file in a few large pieces of memory. */

import type { TensorLike } from "@diopter/tensor";
import { readableType, type SafetensorsEntry } from "./safetensors-header";
import { widen } from "./widen";

/** Most bytes of one piece of memory. */
const mostBytes = 2 ** 30;

/** Neighbours in the file that are read at once. */
interface Run {
  readonly entries: SafetensorsEntry[];
  readonly start: number;
  end: number;
}

/**
 * The tensors of `entries` as views of shared memory, in order.
 *
 * Every array of its own makes the engine look for garbage, which for a model of hundreds of tensors costs as
 * much as reading it. Only tensors that all live as long as the model should share memory.
 *
 * @param readInto fills a piece of memory with the file's bytes from `start` on
 */
export async function readTogether(
  entries: readonly SafetensorsEntry[],
  readInto: (start: number, target: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<TensorLike[]> {
  const tensors = new Map<SafetensorsEntry, TensorLike>();
  for (const runs of pieces(runsOf(entries))) {
    const buffer = new ArrayBuffer(runs.reduce((sum, run) => sum + room(run), 0));
    let at = 0;
    for (const run of runs) {
      const bytes = new Uint8Array(buffer, at, run.end - run.start);
      await readInto(run.start, bytes);
      for (const entry of run.entries) {
        const own = bytes.subarray(entry.start - run.start, entry.end - run.start);
        tensors.set(entry, widen(own, readableType(entry, "safetensors"), entry.shape));
      }
      at += room(run);
    }
  }
  return entries.map((entry) => tensors.get(entry)!);
}

function runsOf(entries: readonly SafetensorsEntry[]): Run[] {
  const runs: Run[] = [];
  for (const entry of [...new Set(entries)].sort((a, b) => a.start - b.start)) {
    const last = runs.at(-1);
    // Elements of 8 bytes need a place that is a multiple of 8.
    const fits = last && entry.start === last.end && (entry.start - last.start) % 8 === 0;
    if (fits && entry.end - last.start <= mostBytes) {
      last.entries.push(entry);
      last.end = entry.end;
    } else {
      runs.push({ entries: [entry], start: entry.start, end: entry.end });
    }
  }
  return runs;
}

/** Runs that share a piece of memory. */
function pieces(runs: readonly Run[]): Run[][] {
  const grouped: Run[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const run of runs) {
    bytes += room(run);
    if (bytes > mostBytes) {
      grouped.push([]);
      bytes = room(run);
    }
    grouped.at(-1)!.push(run);
  }
  return grouped;
}

function room({ start, end }: Run): number {
  return Math.ceil((end - start) / 8) * 8;
}
