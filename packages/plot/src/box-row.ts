/** @file One row of box plots with its label, and the look of all rows. */

import { label } from "./axis";
import { bandHeight, box, clipped, controlMarks, dots, type Row, type RowFrame } from "./box-marks";
import { type Markup, tag } from "./markup";
import { fit } from "./measure";
import { paint, type Rule, rule, theme } from "./style";
import { quoted, visible } from "./visible";
import { counted } from "./words";

export const boxRules: readonly Rule[] = [
  paint(".faint", "stroke", "#e6e9ed", "#252b33"),
  paint(".reference", "stroke", ...theme.muted),
  rule(".reference", "stroke-dasharray:4 3"),
  rule(".dot", "stroke-linecap:round;fill:none"),
  paint(".box", "fill", ...theme.ground),
  rule(".box", "fill-opacity:.3"),
  paint([".box", ".whisker", ".median", ".control"], "stroke", ...theme.ink),
  rule([".whisker", ".median"], "fill:none"),
  rule(".median", "stroke-width:3"),
  paint(".control", "fill", "#ffd54a", "#8a6100"),
  paint(".chosen", "fill", "#eaf1f9", "#1a2634"),
  paint(".edge", "fill", ...theme.positive),
  rule(".strong", "font-weight:700"),
];

const gap = 14; // between rows

export interface DrawnRow {
  /** Drawn under the lines that all rows share. */
  readonly background: readonly Markup[];
  readonly marks: readonly Markup[];
  /** Where the plot of the row begins, under its labels. */
  readonly top: number;
  readonly height: number;
}

/** Pixels to both sides of a label. */
export const labelMargin = 18;

export function boxRow(row: Row, frame: RowFrame): DrawnRow {
  const { narrow, width } = frame;
  const top = narrow ? 34 : 0;
  const plotted = row.stats !== undefined || row.controls.length > 0;
  const height = narrow && !plotted ? top + 6 : top + bandHeight + gap;
  const middle = top + (bandHeight + gap) / 2;
  const background = row.highlighted
    ? [
        tag("rect", { class: "chosen", x: 0, y: 1, width, height: height - 2 }),
        tag("rect", { class: "edge", x: 0, y: 1, width: 3, height: height - 2 }),
      ]
    : [];
  const drawn =
    row.stats === undefined
      ? []
      : [...dots(row, frame, middle), box(row, row.stats, frame, middle)];
  return {
    background,
    top,
    height,
    marks: [
      ...labels(row, frame, middle),
      ...drawn,
      ...row.controls.flatMap((control) => controlMarks(control, frame, middle)),
      ...clipped(row, frame, middle),
    ],
  };
}

function labels(
  row: Row,
  { labels, narrow, width, printMedian }: RowFrame,
  middle: number,
): Markup[] {
  const { stats } = row;
  const beside = (narrow ? width : labels) - labelMargin;
  const room = stats === undefined ? width - labelMargin : beside; // nothing is drawn beside an empty row
  const y = narrow ? 14 : middle - 3;
  const words =
    stats === undefined
      ? (row.note ?? "no values")
      : `median ${printMedian(stats.median)}, n ${row.values.length}, ${counted(stats.outliers, "outlier")}`;
  const small = fit(visible(words), room, 10);
  return [
    label(row.label, beside, { class: `ink${row.highlighted ? " strong" : ""}`, x: 8, y }),
    tag(
      "text",
      { class: "muted", x: 8, y: y + 15, style: "font-size:10px" },
      small === words ? undefined : tag("title", {}, quoted(words)),
      small,
    ),
  ];
}
