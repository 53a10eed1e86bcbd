/** @file The tables of a robustness report, as records. */

import type { TableValue } from "@diopter/plot";
import type { Estimate, MeanIntervals, RatioIntervals } from "@diopter/statistics";
import type { Sensitivity } from "../metrics/sensitivity";
import type { CellSummary, CellWithout } from "./cell-summary";
import type { CellComparison } from "./comparisons";
import type { Check, RobustnessData } from "./data";
import { kindWords } from "./headline";
import { changeText, medianOf, runScores, type ScoreScale, scoreText } from "./score-scale";
import type { SplitRow } from "./split";

type Table = Readonly<Record<string, TableValue>>[];

/** Scores of every cell with bootstrap intervals. */
export function scoreTable(
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
): Table {
  return applicable(cells).map((cell) => ({
    cell: cell.label,
    ...estimates(cell.intervals, scale),
    ...(cell.recovery
      ? { "R2 − R1": changeText(cell.recovery.meanOfRatios - cell.recovery.ratioOfMeans, scale) }
      : {}),
    f: cell.faithfulness?.ratioOfMeans ?? null,
  }));
}

const shows = {
  full: "the ablation itself changes nothing: the upper end of the scale",
  empty: "what is left when everything is ablated: the lower end",
  matched: "which heads are in it matters, not only how many edges of each layer and kind",
  walk: "it is more than any set of paths of its size from the input to the logits",
  reranked: "the ranking that chose it matters, not only growing from the logits and pruning",
  "other task": "specificity: it is about this task, and not what any task of this model needs",
  "shuffled answers":
    "the method found it in the answers, and would not have found as good a one in nothing",
} as const;

/** What the author's cell is compared with, and what that can show. */
export function controlsTable(
  cell: CellSummary | CellWithout,
  { compared }: RobustnessData,
  scale: ScoreScale,
): Table {
  if (!cell.applicable) return [];
  const { random, full, empty } = cell;
  const ends = { full: "nothing ablated", empty: "everything ablated" } as const;
  const said = (score: number) => scoreText(score, scale);
  const worse = (percentile: number) => `${Number(percentile.toFixed(1))} % do worse`;
  return [
    { control: "the circuit itself", score: said(cell.score), beside: "", "can show": "" },
    ...(["full", "empty"] as const).flatMap((end) => {
      const score = end === "full" ? full : empty;
      if (score === undefined) return [];
      return [{ control: ends[end], score: said(score), beside: "", "can show": shows[end] }];
    }),
    ...(random?.byKind ?? []).map(({ kind, count, percentile, median }) => ({
      control: `random, ${kindWords[kind]} (${count})`,
      score: `${said(median)} in the median`,
      beside: worse(percentile),
      "can show": shows[kind],
    })),
    ...compared.map((one) => ({
      control: one.role === "other task" ? "another task's circuit" : "method on shuffled answers",
      ...("missing" in one
        ? { score: "missing", beside: one.missing }
        : one.run.applicable
          ? {
              score: said(medianOf(runScores(one.run, scale))),
              beside: `${one.name}: ${one.run.size.kept} ${one.run.size.component}s`,
            }
          : { score: "missing", beside: one.run.reason }),
      "can show": shows[one.role],
    })),
  ];
}

/** The same by the delta method, and what the numbers rest on. */
export function basisTable(
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
): Table {
  return applicable(cells).map((cell) => ({
    cell: cell.label,
    ...deltas(cell.intervals, scale),
    ...(cell.recovery
      ? {
          "model ≤ 0": cell.recovery.notPositive,
          "model tiny": cell.recovery.tiny,
          "model = 0": cell.recovery.undefinedAt.length,
        }
      : {}),
    "f's empty": cell.faithfulness?.empty ?? null,
    kept: `${cell.size.kept} of ${cell.size.of} ${cell.size.component}s`,
    engine: cell.engine,
    reads: cell.reading,
  }));
}

/** Means of every metric. */
export function meansTable(
  cells: readonly (CellSummary | CellWithout)[],
  { metrics }: RobustnessData,
): Table {
  const rows = applicable(cells);
  const model = rows[0]?.means;
  const of = (means: CellSummary["means"], side: "circuit" | "model") =>
    Object.fromEntries(metrics.map(({ name }) => [name, means[name]![side]]));
  return [
    ...(model ? [{ cell: "the model", ...of(model, "model") }] : []),
    ...rows.map(({ label, means }) => ({ cell: label, ...of(means, "circuit") })),
  ];
}

export function comparisonTable(comparisons: readonly CellComparison[], scale: ScoreScale): Table {
  return comparisons.map(({ a, difference, wilcoxon, permutation, holm }) => ({
    cell: a,
    "mean difference": interval(difference.mean, scale, changeText),
    "Wilcoxon p": wilcoxon.p,
    "Holm ": holm.wilcoxon,
    "sign flips p": permutation.p,
    Holm: holm.permutation,
  }));
}

export function sensitivityTable({ axes, interactions }: Sensitivity, scale: ScoreScale): Table {
  const said = (value: number | undefined) =>
    value === undefined ? "no pairs" : changeText(value, scale);
  return [
    ...axes.map(({ axis, levels, pairs, change, varianceShare }) => ({
      axis,
      levels: levels.join(" · "),
      "pairs of cells": pairs,
      "largest change": said(change?.max),
      "median change": said(change?.median),
      "variance share": varianceShare,
    })),
    { axis: "interactions", "variance share": interactions },
  ];
}

/** A row per cell, a column per part. */
export function splitTable(rows: readonly SplitRow[], scale: ScoreScale): Table {
  const cells = [...new Set(rows.map(({ cell }) => cell))];
  return cells.map((cell) => ({
    cell,
    ...Object.fromEntries(
      rows
        .filter((row) => row.cell === cell)
        .map(({ part, n, median }) => [`${part} (${n})`, scoreText(median, scale)]),
    ),
  }));
}

export function checksTable(checks: readonly Check[]): Table {
  return checks.map(({ identity, what, residual, tolerance, passed, note }) => ({
    identity,
    what,
    result: passed === undefined ? `not checked: ${note}` : passed ? "holds" : "FAILS",
    residual: residual ?? null,
    tolerance: residual === undefined ? null : tolerance,
  }));
}

/** Cells without numbers by their reason. */
export function reasonsTable(cells: readonly (CellSummary | CellWithout)[]): Table {
  const reasons = new Map<string, string[]>();
  for (const cell of cells) {
    if (cell.applicable) continue;
    reasons.set(cell.reason, [...(reasons.get(cell.reason) ?? []), cell.label]);
  }
  return [...reasons].map(([reason, labels]) => ({
    reason,
    number: labels.length,
    cells: labels.length > 6 ? `${labels.slice(0, 6).join("; ")}; ...` : labels.join("; "),
  }));
}

/** Every option in force, and where the numbers come from. */
export function optionsTable({ options, provenance, task, circuit }: RobustnessData): Table {
  const { model, runtime, contentId } = provenance;
  const facts: Record<string, unknown> = {
    model: `${model.id}${model.revision ? ` (${model.revision})` : ""}`,
    "weights SHA-256": model.weightsHash,
    processing: model.processing.join(", ") || "none",
    runtime,
    task: `${task.name}, version ${task.version}${task.source ? `, ${task.source}` : ""}`,
    "task SHA-256": task.hash,
    circuit: `${circuit.name}, version ${circuit.version}${circuit.source ? `, ${circuit.source}` : ""}`,
    derivation: circuit.derivation.join("; ") || "none",
    ...options,
    "content id": contentId,
  };
  return Object.entries(facts).map(([what, value]) => ({
    what,
    value: Array.isArray(value) ? value.join(", ") || "none" : String(value),
  }));
}

function applicable(cells: readonly (CellSummary | CellWithout)[]): CellSummary[] {
  return cells.filter((cell): cell is CellSummary => cell.applicable);
}

function estimates(
  found: RatioIntervals | MeanIntervals | undefined,
  scale: ScoreScale,
): Record<string, string> {
  if (!found) return {};
  return "ratioOfMeans" in found
    ? {
        median: interval(found.median, scale),
        R1: interval(found.ratioOfMeans, scale),
        R2: interval(found.meanOfRatios, scale),
      }
    : { median: interval(found.median, scale), mean: interval(found.mean, scale) };
}

function deltas(
  found: RatioIntervals | MeanIntervals | undefined,
  scale: ScoreScale,
): Record<string, string> {
  if (!found) return {};
  const said = ({ estimate, delta }: Estimate) => interval({ estimate, bootstrap: delta! }, scale);
  return "ratioOfMeans" in found
    ? { "R1, delta": said(found.ratioOfMeans), "R2, delta": said(found.meanOfRatios) }
    : { "mean, delta": said(found.mean) };
}

/** `86.4 % [70.1, 99.8]` */
function interval(
  { estimate, bootstrap }: { estimate: number; bootstrap: { low: number; high: number } },
  scale: ScoreScale,
  text = scoreText,
): string {
  const bare = (value: number) => scoreText(value, scale).replace(" %", "");
  return `${text(estimate, scale)} [${bare(bootstrap.low)}, ${bare(bootstrap.high)}]`;
}
