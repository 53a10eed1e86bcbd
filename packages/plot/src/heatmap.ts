/** @file Heat map: a matrix as coloured cells with a printed text per cell. */

import { checkOptions } from "@diopter/tensor";
import { max } from "d3-array";
import { cellRules } from "./cell";
import { type ChartOptions, chart, chartKeys, type Drawing, noData } from "./chart";
import {
  checkFinite,
  checkMatrix,
  checkRecord,
  checkStringMatrix,
  checkStrings,
  checkText,
  type Matrix,
} from "./check";
import { grid } from "./grid";
import { legend } from "./legend";
import { measure } from "./measure";
import { formatter, type NumberFormat } from "./number";
import { colorScale, type ScaleOptions, scaleKeys } from "./scale";
import { quoted, visible } from "./visible";
import { counted, rangeInWords } from "./words";

export interface HeatmapData {
  /** What the colour says, [row, column]. NaN and infinities are printed, not coloured. */
  readonly values: Matrix;
  readonly rowLabels?: readonly string[] | undefined;
  readonly columnLabels?: readonly string[] | undefined;
  /** Printed in each cell, such as the top token, [row, column]. By default the value, up to 400 cells. */
  readonly text?: readonly (readonly string[])[] | undefined;
  /** More lines for each cell's tooltip, such as the top ten tokens, [row, column]. */
  readonly details?: readonly (readonly string[])[] | undefined;
}

export interface HeatmapOptions extends ChartOptions, ScaleOptions {
  /** What the values are, written over the legend: `"probability"`. */
  readonly legend?: string | undefined;
  readonly rowTitle?: string | undefined;
  readonly columnTitle?: string | undefined;
  /** First row at the bottom, as layers are drawn. */
  readonly bottomUp?: boolean | undefined;
  /** How values are printed. */
  readonly format?: NumberFormat | undefined;
  /** Size of a cell in pixels; by default from the texts. */
  readonly cellWidth?: number | undefined;
  readonly cellHeight?: number | undefined;
}

const mostPrinted = 400;

/**
 * A heat map as an SVG string.
 *
 * Colour is sequential from 0, or diverging symmetrically around 0 when values have both signs.
 *
 * @throws TypeError or RangeError naming the argument: `heatmap: rowLabels has 3 entries, expected 4`.
 * @example
 * heatmap({ values: [[0.1, 0.9]], columnLabels: [" Paris", " Rome"] }, { title: "Probability" });
 */
export function heatmap(data: HeatmapData, options: HeatmapOptions = {}): string {
  checkRecord("heatmap: data", data);
  checkOptions("heatmap", options, {
    ...chartKeys,
    ...scaleKeys,
    legend: "optional",
    rowTitle: "optional",
    columnTitle: "optional",
    bottomUp: "optional",
    format: "optional",
    cellWidth: "optional",
    cellHeight: "optional",
  });
  const values = checkMatrix("heatmap: values", data.values);
  const rows = values.length;
  const columns = values[0]?.length ?? 0;
  const rowLabels = data.rowLabels && checkStrings("heatmap: rowLabels", data.rowLabels, rows);
  const columnLabels =
    data.columnLabels && checkStrings("heatmap: columnLabels", data.columnLabels, columns);
  const details = data.details && checkStringMatrix("heatmap: details", data.details, values);
  const given = data.text && checkStringMatrix("heatmap: text", data.text, values);
  const print = formatter("heatmap: format", options.format);
  const scale = colorScale("heatmap", values.flat(), options);

  const printed =
    given ?? (rows * columns <= mostPrinted ? values.map((row) => row.map(print)) : undefined);
  const text = printed?.map((row) => row.map(visible));
  const { cellWidth, cellHeight } = cellSize(text, columnLabels, columns, options);

  const tooltip = (i: number, j: number) =>
    [
      [rowLabels?.[i], columnLabels?.[j]]
        .flatMap((t) => (t === undefined ? [] : quoted(t)))
        .join(", "),
      [...(given ? [quoted(given[i]![j]!)] : []), print(values[i]![j]!)].join(" "),
      details?.[i]?.[j],
    ]
      .filter(Boolean)
      .join("\n");

  const body: Drawing[] =
    rows * columns === 0
      ? [noData]
      : [
          legend(scale, print, checkText("heatmap: legend", options.legend)),
          grid({
            values,
            scale,
            cellWidth,
            cellHeight,
            rowLabels,
            columnLabels,
            rowTitle: checkText("heatmap: rowTitle", options.rowTitle),
            columnTitle: checkText("heatmap: columnTitle", options.columnTitle),
            bottomUp: options.bottomUp,
            text: (i, j) => text?.[i]?.[j] ?? nonFinite(values[i]![j]!, print),
            tooltip,
          }),
        ];
  const summary = `${counted(rows, "row")} by ${counted(columns, "column")}, ${rangeInWords(values.flat(), print)}`;
  return chart("heatmap", options, { name: "Heat map", summary }, body, [
    ...scale.rules,
    ...cellRules,
  ]);
}

function nonFinite(value: number, print: (value: number) => string): string | undefined {
  return Number.isFinite(value) ? undefined : print(value);
}

/** Room for about 10 characters at most where there is text, else squares. */
function cellSize(
  text: string[][] | undefined,
  columnLabels: string[] | undefined,
  columns: number,
  options: HeatmapOptions,
): { cellWidth: number; cellHeight: number } {
  const square = Math.min(28, Math.max(16, Math.floor(720 / columns)));
  const widest =
    text &&
    (max([...text.flat(), ...(columnLabels ?? []).map(visible)], (cell) => measure(cell, 11)) ?? 0);
  const natural =
    widest === undefined ? square : Math.ceil(Math.min(84, Math.max(36, widest + 12)));
  const cellWidth = sizeOf("heatmap: cellWidth", options.cellWidth) ?? natural;
  const cellHeight = sizeOf("heatmap: cellHeight", options.cellHeight) ?? (text ? 24 : cellWidth);
  return { cellWidth, cellHeight };
}

function sizeOf(subject: string, value: unknown): number | undefined {
  const size = checkFinite(subject, value);
  if (size !== undefined && size < 4)
    throw new RangeError(`${subject} must be at least 4 pixels, got ${size}`);
  return size;
}
