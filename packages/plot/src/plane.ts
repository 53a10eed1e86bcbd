/** @file The frame of charts with two axes: grid lines, ticks and titles. */

import { max } from "d3-array";
import { type Markup, round, tag } from "./markup";
import { measure } from "./measure";
import { columnFormatter, formatter, type NumberFormat } from "./number";
import { paint, type Rule, theme } from "./style";
import { logDomain, niceDomain, type ValueAxis, valueAxis } from "./value-axis";

export interface PlaneSpec {
  readonly width: number;
  /** Height between the ends of the upright axis. */
  readonly height: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xScale: "linear" | "log";
  readonly xTitle: string | undefined;
  readonly yTitle: string | undefined;
  /** Room to the right of the plot, for labels. */
  readonly margin?: number;
  readonly xFormat?: NumberFormat | undefined;
  readonly yFormat?: NumberFormat | undefined;
}

export interface Plane {
  readonly x: ValueAxis;
  readonly y: ValueAxis;
  readonly height: number;
  readonly marks: readonly Markup[];
}

export const planeRules: readonly Rule[] = [
  paint(".faint", "stroke", "#e6e9ed", "#252b33"),
  paint(".reference", "stroke", ...theme.muted),
  paint(".reference", "fill", ...theme.muted),
];

/** Axes around the range of the values; the title of the upright one stands over it. */
export function plane(spec: PlaneSpec): Plane {
  const { width } = spec;
  const top = spec.yTitle === undefined ? 8 : 26;
  const bottom = top + spec.height;
  const y = valueAxis(spec.y, [bottom, top], Math.max(2, spec.height / 45));
  const printY = tickFormatter(y.ticks, "linear", spec.yFormat);
  const left = Math.ceil((max(y.ticks, (tick) => measure(printY(tick), 11)) ?? 0) + 8);
  const columns = Math.max(2, (width - left) / 75);
  const { ticks } = valueAxis(spec.x, [left, width], columns, spec.xScale);
  const printX = tickFormatter(ticks, spec.xScale, spec.xFormat);
  const overhang = measure(printX(spec.x[1]), 11) / 2;
  const right = width - Math.ceil(Math.max(spec.margin ?? 0, overhang));
  const x = valueAxis(spec.x, [left, right], columns, spec.xScale);
  const d = [
    ...x.ticks.map((tick) => `M${round(x.at(tick))},${top}V${bottom + 4}`),
    ...y.ticks.map((tick) => `M${left},${round(y.at(tick))}H${round(right)}`),
  ];
  const text = (className: string, x: number, y: number, words: string | undefined) =>
    words === undefined ? [] : [tag("text", { class: className, x, y }, words)];
  return {
    x,
    y,
    height: bottom + (spec.xTitle === undefined ? 20 : 36),
    marks: [
      tag("path", { class: "faint", d: d.join("") }),
      tag("path", { class: "line", d: `M${left},${top}V${bottom}H${round(right)}` }),
      ...x.ticks.flatMap((tick) => text("muted middle", x.at(tick), bottom + 17, printX(tick))),
      ...y.ticks.flatMap((tick) => text("muted end", left - 6, y.at(tick) + 4, printY(tick))),
      ...text("muted label", 0, 12, spec.yTitle),
      ...text("muted label end", right, bottom + 33, spec.xTitle),
    ],
  };
}

/** Ticks of a linear axis have the same decimals; those of a log axis differ in size. */
function tickFormatter(
  ticks: readonly number[],
  kind: PlaneSpec["xScale"],
  format: NumberFormat | undefined,
): (value: number) => string {
  return kind === "log" ? formatter("plane", format) : columnFormatter("plane", ticks, format);
}

/** A domain around values; with `log`, of positive ones. */
export function domainAround(
  values: readonly number[],
  kind: "linear" | "log" = "linear",
): [number, number] {
  if (values.length === 0) return kind === "log" ? [1, 10] : [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return kind === "log" ? logDomain(low, high) : niceDomain(low, high, 5);
}
