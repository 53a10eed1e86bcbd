/** @file The marks of one row of box plots: dots, box, controls, and counts of what lies beyond the axis. */

import type { BoxStats } from "./box-stats";
import { type Markup, round, tag } from "./markup";
import { marker } from "./series";
import type { ValueAxis } from "./value-axis";
import { quoted } from "./visible";
import { counted } from "./words";

/** A value to compare a cell with, such as the median of random circuits. */
export interface BoxControl {
  /** What it is; the same label has the same marker in all cells. */
  readonly label: string;
  readonly value: number;
  /** Ends of a range around it, such as the 5th and 95th percentile. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Row {
  readonly label: string;
  readonly values: readonly number[];
  readonly groups: readonly string[] | undefined;
  readonly names: readonly string[] | undefined;
  readonly controls: readonly BoxControl[];
  readonly highlighted: boolean;
  readonly note: string | undefined;
  readonly stats: BoxStats | undefined;
}

/** What all rows share. */
export interface RowFrame {
  readonly axis: ValueAxis;
  readonly width: number;
  /** Width of the labels to the left; 0 where they stand over the boxes. */
  readonly labels: number;
  readonly narrow: boolean;
  /** Most values in one row. */
  readonly density: number;
  readonly groups: readonly string[];
  readonly controls: readonly string[];
  readonly print: (value: number) => string;
  /** Of medians, which stand under each other. */
  readonly printMedian: (value: number) => string;
}

export const bandHeight = 34; // of the dots
const boxHeight = 18;

/** Dots spread over the band by the golden ratio of their index: no randomness, no two at one height. */
export function dots(
  row: Row,
  { axis, groups, density, print }: RowFrame,
  middle: number,
): Markup[] {
  const size = density <= 60 ? 5 : density <= 400 ? 3.6 : 2.4;
  const look = { "stroke-width": size, opacity: density <= 60 ? 0.85 : 0.6 };
  const [low, high] = axis.domain;
  const places = new Map<number, string[]>();
  const single: Markup[] = [];
  for (const [i, value] of row.values.entries()) {
    if (value < low || value > high) continue;
    const spread = (((i + 1) * 0.6180339887498949) % 1) - 0.5;
    const d = `M${round(axis.at(value))},${round(middle + spread * bandHeight)}h0`;
    const group = Math.max(0, groups.indexOf(row.groups?.[i] ?? ""));
    const name = row.names?.[i];
    if (name === undefined) (places.get(group) ?? places.set(group, []).get(group)!).push(d);
    else {
      const tooltip = `${quoted(name)}: ${print(value)}`;
      single.push(tag("path", { class: `dot c${group}`, ...look, d }, tag("title", {}, tooltip)));
    }
  }
  const together = [...places].map(([group, d]) =>
    tag("path", { class: `dot c${group}`, ...look, d: d.join("") }),
  );
  return [...together, ...single];
}

/** Box, whiskers and median, each as far as the axis goes: what ends beyond it has no end drawn. */
export function box(row: Row, stats: BoxStats, { axis, print }: RowFrame, middle: number): Markup {
  const [low, high] = axis.domain;
  const inside = (value: number) => value >= low && value <= high;
  const [top, bottom] = [middle - boxHeight / 2, middle + boxHeight / 2];
  const { lowerQuartile, upperQuartile, lowerWhisker, upperWhisker, median } = stats;
  const cap = (value: number) =>
    inside(value) ? `M${round(axis.at(value))},${round(middle - 5)}v10` : "";
  const [from, to] = [axis.at(lowerQuartile), axis.at(upperQuartile)];
  const overlaps = upperQuartile >= low && lowerQuartile <= high;
  const tooltip = [
    row.label,
    `median ${print(median)}`,
    `quartiles ${print(lowerQuartile)} and ${print(upperQuartile)}`,
    `whiskers ${print(lowerWhisker)} and ${print(upperWhisker)}`,
    `${counted(row.values.length, "value")}, ${counted(stats.outliers, "outlier")}`,
    ...(row.note === undefined ? [] : [row.note]),
  ].join("\n");
  const line = (a: number, b: number) =>
    `M${round(axis.at(a))},${round(middle)}H${round(axis.at(b))}`;
  return tag(
    "g",
    {},
    tag("title", {}, tooltip),
    tag("path", {
      class: "whisker",
      d: `${line(lowerWhisker, lowerQuartile)}${line(upperQuartile, upperWhisker)}${cap(lowerWhisker)}${cap(upperWhisker)}`,
    }),
    overlaps
      ? tag("rect", { class: "box", x: from, y: top, width: to - from, height: boxHeight })
      : undefined,
    inside(median)
      ? tag("path", {
          class: "median",
          d: `M${round(axis.at(median))},${round(top)}V${round(bottom)}`,
        })
      : undefined,
  );
}

export function controlMarks(
  control: BoxControl,
  { axis, controls, print }: RowFrame,
  middle: number,
): Markup[] {
  const { value, low, high } = control;
  const range =
    low === undefined && high === undefined
      ? ""
      : `, ${print(low ?? value)} to ${print(high ?? value)}`;
  const y = middle + 17;
  return [
    ...(range === ""
      ? []
      : [
          tag("path", {
            class: "whisker",
            d: `M${round(axis.at(low ?? value))},${round(y)}H${round(axis.at(high ?? value))}`,
          }),
        ]),
    marker(
      controls.indexOf(control.label) + 1,
      [axis.at(value), y],
      3.5,
      { class: "control" },
      `${quoted(control.label)}: ${print(value)}${range}`,
    ),
  ];
}

export function clipped(row: Row, { axis, print }: RowFrame, middle: number): Markup[] {
  const [low, high] = axis.domain;
  const below = row.values.filter((value) => value < low).length;
  const above = row.values.filter((value) => value > high).length;
  const count = (n: number, text: string, x: number, align: string, tooltip: string) =>
    n === 0
      ? []
      : [tag("text", { class: `ink ${align}`, x, y: middle + 4 }, tag("title", {}, tooltip), text)];
  return [
    ...count(
      below,
      `◂${below}`,
      axis.at(low) - 5,
      "end",
      `${counted(below, "value")} below ${print(low)}`,
    ),
    ...count(
      above,
      `${above}▸`,
      axis.at(high) + 5,
      "start",
      `${counted(above, "value")} above ${print(high)}`,
    ),
  ];
}
