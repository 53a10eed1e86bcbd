/** @file Box plots with one dot per prompt: how a score moves from cell to cell of a grid of choices. */

import { checkOptions } from "@diopter/tensor";
import { plot } from "./box-drawing";
import { domainOf, labelsOf, readCell } from "./box-input";
import type { BoxControl } from "./box-marks";
import { boxRules } from "./box-row";
import { boxStats } from "./box-stats";
import { clippedInWords, inWords } from "./box-words";
import { type ChartOptions, chart, chartKeys, noData } from "./chart";
import { checkRecord, checkRecords, checkText, checkWidth } from "./check";
import { type KeyEntry, key } from "./key";
import { tag } from "./markup";
import { columnFormatter, formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
import { checkReferences, type Reference } from "./reference";
import { marker, markerCount, seriesRules } from "./series";
import { counted } from "./words";

export interface BoxCell {
  readonly label: string;
  /** One value per prompt; empty where the cell does not apply. */
  readonly values: ArrayLike<number>;
  /** The colour group of each value, such as its template. */
  readonly groups?: readonly string[] | undefined;
  /** The name of each value, shown as the tooltip of its dot. */
  readonly names?: readonly string[] | undefined;
  readonly controls?: readonly BoxControl[] | undefined;
  /** Stand out from the other cells, as the cell that the authors chose. */
  readonly highlighted?: boolean | undefined;
  /** Written in the row of an empty cell, and in the tooltip of others. */
  readonly note?: string | undefined;
}

export interface BoxPlotsData {
  readonly cells: readonly BoxCell[];
}

export interface BoxPlotsOptions extends ChartOptions {
  /** Values at the ends of the axis; values beyond are counted there. By default all whiskers fit. */
  readonly domain?: readonly [number, number] | undefined;
  /** Lines across all cells, such as 0 and 100 %. */
  readonly references?: readonly Reference[] | undefined;
  /** What the values are, written under the axis. */
  readonly axisTitle?: string | undefined;
  /** What highlighting means, in the key; `highlighted` by default. */
  readonly highlightLabel?: string | undefined;
  readonly format?: NumberFormat | undefined;
  /** Pixels of the whole chart, 880 by default; below 560, or where one is long, labels stand over their boxes. */
  readonly width?: number | undefined;
}

const mostGroups = 40;
const rule =
  "Box: quartiles (linear interpolation, type 7) and median. Whiskers: farthest values within 1.5 interquartile ranges of the box; values beyond them are outliers.";

/**
 * Horizontal box plots, first cell on top, as an SVG string.
 *
 * Every value is a dot or is counted at the edge of the axis behind which it lies.
 *
 * @throws TypeError or RangeError naming the argument: `boxPlots: cells[0].groups has 3 entries, expected 4`.
 * @example
 * boxPlots({ cells: [{ label: "node, resample", values: [0.3, 0.59, 0.86] }] }, { format: ".0%" });
 */
export function boxPlots(data: BoxPlotsData, options: BoxPlotsOptions = {}): string {
  checkRecord("boxPlots: data", data);
  checkOptions("boxPlots", options, {
    ...chartKeys,
    domain: "optional",
    references: "optional",
    axisTitle: "optional",
    highlightLabel: "optional",
    format: "optional",
    width: "optional",
  });
  const cells = checkRecords("boxPlots: cells", data.cells, "cells", readCell);
  const width = (checkWidth("boxPlots: width", options.width, 240) ?? 880) - 24;
  const print = formatter("boxPlots: format", options.format);
  const references = checkReferences("boxPlots: references", options.references, print);
  const axisTitle = checkText("boxPlots: axisTitle", options.axisTitle);
  const highlight = checkText("boxPlots: highlightLabel", options.highlightLabel) ?? "highlighted";

  const stats = cells.map(({ values }) => (values.length > 0 ? boxStats(values) : undefined));
  const domain = domainOf(cells, stats, references, options.domain);
  const groups = labelsOf(cells, ({ groups }) => groups ?? [], mostGroups, "groups");
  const controls = labelsOf(
    cells,
    ({ controls }) => controls.map((c) => c.label),
    markerCount,
    "controls",
  );
  const rows = cells.map((cell, i) => ({ ...cell, stats: stats[i] }));
  const medians = stats.flatMap((one) => one?.median ?? []);
  const printMedian = columnFormatter("boxPlots: format", medians, options.format);

  const entries = keyEntries(
    groups,
    controls,
    cells.some((cell) => cell.highlighted) ? highlight : undefined,
  );
  const body =
    cells.length === 0
      ? [noData]
      : [
          ...(entries.length > 0 ? [key(entries, width)] : []),
          plot(rows, {
            domain,
            width,
            groups,
            controls,
            print,
            printMedian,
            references,
            axisTitle,
          }),
          paragraph([rule, ...clippedInWords(cells, domain, print)].join(" "), width),
        ];
  const summary = [counted(cells.length, "cell"), ...rows.map((row) => inWords(row, print))].join(
    "; ",
  );
  return chart("boxPlots", options, { name: "Box plots", summary }, body, [
    ...boxRules,
    ...seriesRules(Math.max(1, groups.length)),
  ]);
}

function keyEntries(
  groups: string[],
  controls: string[],
  highlight: string | undefined,
): KeyEntry[] {
  return [
    ...groups.map((text, i) => ({
      text,
      mark: (x: number, y: number) => marker(0, [x, y], 4, { class: `f${i}` }),
    })),
    ...controls.map((text, i) => ({
      text,
      mark: (x: number, y: number) => marker(i + 1, [x, y], 4, { class: "control" }),
    })),
    ...(highlight === undefined
      ? []
      : [
          {
            text: highlight,
            mark: (x: number, y: number) => [
              tag("rect", { class: "chosen", x: x - 8, y: y - 7, width: 16, height: 14 }),
              tag("rect", { class: "edge", x: x - 8, y: y - 7, width: 3, height: 14 }),
            ],
          },
        ]),
  ];
}
