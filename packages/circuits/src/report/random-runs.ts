/** @file Random circuits of a circuit's size, in the author's cell or in all. */

import type { Ablation } from "../ablation/ablation";
import { NotApplicableError } from "../ablation/not-applicable";
import type { CellSpec } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import { circuitFor } from "../run/cell";
import { randomCircuitLike } from "./controls";
import type { RandomData, ReportOptions } from "./report-data";
import type { TimedRun } from "./runs";

export interface RandomRun {
  readonly cell: number;
  readonly spec: CellSpec;
}

/** The runs that are asked for; cells into which the circuit cannot be put have none. */
export function randomRuns(
  circuit: Circuit,
  cells: readonly Ablation[],
  { randomCircuits, randomIn, seed }: ReportOptions,
): RandomRun[] {
  const chosen = randomIn === "all" ? cells : cells.slice(0, 1);
  return chosen.flatMap((ablation, cell) => {
    const own = placedIn(circuit, ablation);
    if (!own) return [];
    return Array.from({ length: randomCircuits }, (_, i) => ({
      cell,
      spec: { ablation, circuit: randomCircuitLike(own, seed + i) },
    }));
  });
}

/** What a cell's random circuits scored. */
export function measuredRandom(
  cell: number,
  runs: readonly RandomRun[],
  results: readonly TimedRun[],
  { metric, seed }: { readonly metric: string; readonly seed: number },
): { readonly random?: RandomData } {
  const own = results.filter((_, i) => runs[i]!.cell === cell).map(({ run }) => run);
  const values = own.flatMap((run) => (run.applicable ? [run.circuit[metric]!] : []));
  return values.length === 0 ? {} : { random: { seed, values } };
}

function placedIn(circuit: Circuit, ablation: Ablation): Circuit | undefined {
  try {
    return circuitFor(circuit, ablation);
  } catch (error) {
    if (error instanceof NotApplicableError) return undefined;
    throw error;
  }
}
