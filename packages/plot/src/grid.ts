/** @file A labelled grid of coloured cells, the body of heat maps and attention maps. */

import { columnLabels, isNamed, label, labelWidth, strideOf } from "./axis";
import { cell } from "./cell";
import type { Drawing } from "./chart";
import { tag } from "./markup";
import { measure } from "./measure";
import type { ColorScale } from "./scale";
import { ordinal } from "./words";

export interface Grid {
  readonly values: readonly (readonly number[])[]; // [row, column]
  readonly scale: ColorScale;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Pixels that the whole grid should not exceed. */
  readonly room: number;
  readonly rowLabels?: readonly string[] | undefined;
  readonly columnLabels?: readonly string[] | undefined;
  /** Drawn beside the labels, with an arrow in reading direction. */
  readonly rowTitle?: string | undefined;
  readonly columnTitle?: string | undefined;
  /** First row at the bottom, column labels there too. */
  readonly bottomUp?: boolean | undefined;
  readonly text: (row: number, column: number) => string | undefined;
  readonly tooltip: (row: number, column: number) => string;
  readonly hidden?: (row: number, column: number) => boolean;
}

const titleHeight = 18;

type Labelled = Pick<Grid, "rowLabels" | "rowTitle" | "bottomUp" | "room" | "cellHeight">;

/** Pixels before the first column: row labels take at most 150, and a third of what there is. */
export function leftOf(spec: Labelled): number {
  const { rowLabels, room } = spec;
  const title = room < 500 ? undefined : rowTextOf(spec); // else it stands over the labels and the first columns
  const most = Math.min(150, Math.max(48, room / 3));
  const labels = rowLabels ? labelWidth(rowLabels, labelSize(spec), most) + 8 : 0;
  return Math.ceil(Math.max(labels, title ? measure(title, 11) + 8 : 0));
}

function labelSize({ cellHeight }: Labelled): number {
  return Math.min(11, strideOf(cellHeight) * cellHeight - 1);
}

function rowTextOf({ rowTitle, bottomUp }: Labelled): string | undefined {
  return rowTitle && `${rowTitle} ${bottomUp ? "↑" : "↓"}`;
}

/** Which labels have no room, in words. */
export function unnamedInWords(
  { rowLabels, columnLabels, cellWidth, cellHeight }: Omit<Partial<Grid>, "values">,
  [row, column]: readonly [string, string],
): string[] {
  const said = (labels: readonly string[] | undefined, cell: number | undefined, noun: string) => {
    const stride = strideOf(cell ?? 0);
    const some = labels !== undefined && labels.length > 1 && stride > 1;
    return some ? [`every ${ordinal(stride)} ${noun} is named, counted from the last`] : [];
  };
  return [
    ...new Set([...said(rowLabels, cellHeight, row), ...said(columnLabels, cellWidth, column)]),
  ];
}

export function grid(spec: Grid): Drawing {
  const { values, cellWidth, cellHeight, rowLabels, columnTitle, bottomUp = false } = spec;
  const rows = values.length;
  const columns = values[0]?.length ?? 0;
  const rowText = rowTextOf(spec);
  const columnText = columnTitle && `${columnTitle} →`;
  const rowStride = strideOf(cellHeight);
  const size = labelSize(spec);
  const left = leftOf(spec);
  const spare = spec.room - left - columns * cellWidth;
  const above = spec.columnLabels && columnLabels(spec.columnLabels, cellWidth, spare);
  const titles = rowText || columnText ? titleHeight : 0;
  const head = Math.ceil((above?.height ?? 0) + titles);
  const top = bottomUp ? 0 : head;
  const bottom = top + rows * cellHeight;
  const yOf = (row: number) => top + (bottomUp ? rows - 1 - row : row) * cellHeight;
  const inset = Math.min(cellWidth, cellHeight) >= 14 ? 0.5 : 0;

  const over = rowText !== undefined && measure(rowText, 11) > left - 8;
  const columnX = over ? measure(rowText, 11) + 8 : left;
  const titleY = bottomUp ? bottom + head - 4 : 11;
  const marks = [
    rowText
      ? tag(
          "text",
          { class: `muted label${over ? "" : " end"}`, x: over ? 0 : left - 8, y: titleY },
          rowText,
        )
      : undefined,
    columnText
      ? tag("text", { class: "muted label", x: columnX, y: titleY }, columnText)
      : undefined,
    ...(above?.draw(left, bottomUp ? bottom : top, bottomUp ? "below" : "above") ?? []),
    ...(rowLabels ?? []).map((text, i) =>
      isNamed(i, rows, rowStride)
        ? label(
            text,
            left - 8,
            { class: "ink end", x: left - 8, y: yOf(i) + cellHeight / 2 + size * 0.35 },
            size,
          )
        : undefined,
    ),
    ...values.flatMap((row, i) =>
      row.map((value, j) =>
        spec.hidden?.(i, j)
          ? undefined
          : cell({
              x: left + j * cellWidth,
              y: yOf(i),
              width: cellWidth,
              height: cellHeight,
              step: spec.scale.classOf(value),
              text: spec.text(i, j),
              tooltip: spec.tooltip(i, j),
              inset,
            }),
      ),
    ),
  ].filter((mark) => mark !== undefined);
  const titlesWidth = columnX + (columnText ? measure(columnText, 11) : 0);
  return {
    width: Math.max(left + columns * cellWidth + (above?.overhang ?? 0), titlesWidth),
    height: head + rows * cellHeight,
    marks,
  };
}
