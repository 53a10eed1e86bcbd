/** @file A report in long form: one record per prompt, cell and metric, and the same as CSV. */

import { csvFormatRow } from "d3-dsv";
import { own } from "../schema/schema";
import type { CellLevels } from "./cell-words";
import type { RobustnessData, RunData } from "./data";

/** What one run said about one prompt. */
export interface ReportRow {
  readonly cell: string;
  /** The circuit's own run, or one of the cell's controls. */
  readonly run: "circuit" | "full" | "empty";
  readonly prompt: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly levels: CellLevels;
  readonly metric: string;
  readonly value: number;
  readonly model: number;
}

export function rowsOf({ cells, controls, prompts }: RobustnessData): ReportRow[] {
  return cells.flatMap(({ label, levels, run, controls: own }) => {
    const runs = [
      ["circuit", run],
      ["full", own.full === undefined ? undefined : controls[own.full]!.run],
      ["empty", own.empty === undefined ? undefined : controls[own.empty]!.run],
    ] as const;
    return runs.flatMap(([kind, one]) =>
      one?.applicable ? runRows({ cell: label, run: kind, levels }, one, prompts) : [],
    );
  });
}

/** Comma-separated with a header, fields quoted where they need it (RFC 4180); groups and axes are columns. */
export function csvOf(rows: readonly ReportRow[]): string {
  const groups = [...new Set(rows.flatMap((row) => Object.keys(row.groups)))];
  const axes = Object.keys(rows[0]?.levels ?? {}) as (keyof CellLevels)[];
  const header = ["cell", "run", ...axes, "prompt", ...groups, "metric", "value", "model"];
  const lines = rows.map((row) => [
    row.cell,
    row.run,
    ...axes.map((axis) => row.levels[axis]),
    row.prompt,
    ...groups.map((group) => own(row.groups, group) ?? ""),
    row.metric,
    String(row.value),
    String(row.model),
  ]);
  return [header, ...lines].map((fields) => `${csvFormatRow(fields)}\r\n`).join("");
}

function runRows(
  about: Pick<ReportRow, "cell" | "run" | "levels">,
  { circuit, model }: RunData,
  prompts: RobustnessData["prompts"],
): ReportRow[] {
  return Object.keys(circuit).flatMap((metric) =>
    prompts.map(({ id, groups }, i) => ({
      ...about,
      prompt: id,
      groups,
      metric,
      value: circuit[metric]![i]!,
      model: model[metric]![i]!,
    })),
  );
}
