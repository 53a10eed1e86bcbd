/** @file Heat map: a matrix as coloured cells with a printed text per cell. */

import { checkOptions } from "@diopter/tensor";
import { max } from "d3-array";
import { cellRules } from "./cell";
import { type ChartOptions, chart, chartKeys, type Drawing, noData, roomIn } from "./chart";
import {
  checkFinite,
  checkMatrix,
  checkRecord,
  checkStringMatrix,
  checkStrings,
  checkText,
  type Matrix,
} from "./check";
import { type Grid, grid, leftOf, unnamedInWords } from "./grid";
import { legend } from "./legend";
import { measure } from "./measure";
import { columnFormatter, formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
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
  /** Pixels of the whole chart, 860 by default; columns that have no room go on in a further band. 344 fit a phone. */
  readonly width?: number | undefined;
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
    width: "optional",
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

  const printCell = columnFormatter("heatmap: format", values.flat(), options.format);
  const printed =
    given ?? (rows * columns <= mostPrinted ? values.map((row) => row.map(printCell)) : undefined);
  const text = printed?.map((row) => row.map(visible));
  const room = roomIn("heatmap", options.width);
  const axes = {
    rowLabels,
    rowTitle: checkText("heatmap: rowTitle", options.rowTitle),
    columnTitle: checkText("heatmap: columnTitle", options.columnTitle),
    bottomUp: options.bottomUp,
    room,
  };
  const size = cellSize(
    text,
    columnLabels,
    options,
    (cellHeight) => (room - leftOf({ ...axes, cellHeight })) / columns,
  );
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

  const spec = {
    ...axes,
    ...size,
    scale,
    values,
    columnLabels,
    tooltip,
    text: (i: number, j: number) => text?.[i]?.[j] ?? nonFinite(values[i]![j]!, print),
  };

  const notes = [
    ...unnamedInWords({ ...size, rowLabels, columnLabels }, ["row", "column"]),
    ...(text ? [] : ["too many cells to print their values: colour and tooltips tell them"]),
  ];
  const body: Drawing[] =
    rows * columns === 0
      ? [noData]
      : [
          legend(scale, print, checkText("heatmap: legend", options.legend)),
          ...bands(spec),
          ...notes.map((note) => paragraph(note, room)),
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

/** The columns that have room beside each other, and the others under them. */
function bands(spec: Grid): Drawing[] {
  const { values, columnLabels, columnTitle, cellWidth, room } = spec;
  const count = values[0]!.length;
  const most = Math.max(1, Math.floor((room - leftOf(spec)) / cellWidth));
  const number = Math.ceil(count / most);
  if (number === 1) return [grid(spec)];
  const each = Math.ceil(count / number);
  return Array.from({ length: Math.ceil(count / each) }, (_, band) => {
    const [start, end] = [band * each, Math.min(count, (band + 1) * each)];
    return [
      paragraph(`${columnTitle ?? "column"} ${start} to ${end - 1} of ${count}`, room),
      grid({
        ...spec,
        values: values.map((row) => row.slice(start, end)),
        columnLabels: columnLabels?.slice(start, end),
        text: (i, j) => spec.text(i, start + j),
        tooltip: (i, j) => spec.tooltip(i, start + j),
      }),
    ];
  }).flat();
}

/** Room for about 10 characters at most where there is text, else squares. */
function cellSize(
  text: string[][] | undefined,
  columnLabels: string[] | undefined,
  options: HeatmapOptions,
  fitting: (cellHeight: number) => number,
): { cellWidth: number; cellHeight: number } {
  const widest =
    text &&
    (max([...text.flat(), ...(columnLabels ?? []).map(visible)], (cell) => measure(cell, 11)) ?? 0);
  const natural =
    widest === undefined
      ? Math.min(28, Math.max(16, Math.floor(fitting(28))))
      : Math.ceil(Math.min(84, Math.max(36, widest + 12)));
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
