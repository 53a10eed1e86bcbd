/** @file Curves with bands: faithfulness by the number of edges, a mean by the size of its set. */

import { checkOptions } from "@diopter/tensor";
import { type ChartOptions, chart, chartKeys, type Drawing, noData } from "./chart";
import { checkOneOf, checkRecord, checkRecords, checkText, checkWidth } from "./check";
import { readSeries, type Series } from "./curve-input";
import { key } from "./key";
import { type Markup, round, tag } from "./markup";
import { formatter, type NumberFormat } from "./number";
import { domainAround, type Plane, plane, planeRules } from "./plane";
import { checkReferences, levelLines, levelMargin, type Reference } from "./reference";
import { marker, seriesRules } from "./series";
import { rule } from "./style";
import { quoted } from "./visible";
import { counted, rangeInWords } from "./words";

export interface CurveSeries {
  readonly label: string;
  /** Ascending. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Ends of a band around the curve, such as a 95 % interval; both or neither. */
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
}

export interface CurveData {
  readonly series: readonly CurveSeries[];
}

export interface CurveOptions extends ChartOptions {
  readonly xScale?: "linear" | "log" | undefined;
  readonly xTitle?: string | undefined;
  readonly yTitle?: string | undefined;
  readonly xFormat?: NumberFormat | undefined;
  readonly yFormat?: NumberFormat | undefined;
  /** Level lines, such as the full model at 1. */
  readonly references?: readonly Reference[] | undefined;
  /** Draw the points; by default up to 40 in a series. */
  readonly markers?: boolean | undefined;
  /** Pixels of the whole chart, 440 by default. */
  readonly width?: number | undefined;
}

const plotHeight = 220;
const mostMarked = 40;

/**
 * Curves as an SVG string, straight between their points; both axes hold every value and every line.
 *
 * @throws TypeError or RangeError naming the argument: `curve: series[0].y has 3 entries, expected 4`.
 * @example
 * curve({ series: [{ label: "EAP", x: [10, 100], y: [0.2, 0.9] }] }, { xScale: "log", xTitle: "edges" });
 */
export function curve(data: CurveData, options: CurveOptions = {}): string {
  checkRecord("curve: data", data);
  checkOptions("curve", options, {
    ...chartKeys,
    xScale: "optional",
    xTitle: "optional",
    yTitle: "optional",
    xFormat: "optional",
    yFormat: "optional",
    references: "optional",
    markers: "optional",
    width: "optional",
  });
  const kind = checkOneOf("curve: xScale", options.xScale, ["linear", "log"] as const) ?? "linear";
  const series = checkRecords("curve: series", data.series, "series", (subject, one) =>
    readSeries(subject, one, kind),
  );
  const width = (checkWidth("curve: width", options.width, 200) ?? 440) - 24;
  const printX = formatter("curve: xFormat", options.xFormat);
  const printY = formatter("curve: yFormat", options.yFormat);
  const references = checkReferences("curve: references", options.references, printY);
  const ys = series.flatMap(({ y, lower, upper }) => [...y, ...lower, ...upper]);
  const frame = plane({
    width,
    height: plotHeight,
    margin: levelMargin(references),
    x: domainAround(
      series.flatMap(({ x }) => x),
      kind,
    ),
    y: domainAround([...ys, ...references.map(({ value }) => value)]),
    xScale: kind,
    xTitle: checkText("curve: xTitle", options.xTitle),
    yTitle: checkText("curve: yTitle", options.yTitle),
    xFormat: options.xFormat,
    yFormat: options.yFormat,
  });
  const drawing: Drawing = {
    width,
    height: frame.height,
    marks: [
      ...frame.marks,
      ...levelLines(references, frame.x, frame.y),
      ...series.flatMap((one, i) => band(one, i, frame)),
      ...series.map((one, i) =>
        tag("path", { class: `curve c${i}`, d: through(one.x, one.y, frame) }),
      ),
      ...series.flatMap((one, i) => {
        const marked = options.markers ?? one.x.length <= mostMarked;
        return marked ? points(one, i, frame, printX, printY) : [];
      }),
    ],
  };
  const entries = series.map(({ label }, i) => ({
    text: label,
    mark: (x: number, y: number) => [
      tag("path", { class: `curve c${i}`, d: `M${round(x - 8)},${round(y)}h16` }),
      marker(i, [x, y], 3, { class: `point f${i} c${i}` }),
    ],
  }));
  const empty = series.every(({ x }) => x.length === 0);
  const summary = [
    counted(series.length, "curve"),
    ...series.map(
      ({ label, x, y }) =>
        `${label}: ${counted(x.length, "point")}, ${rangeInWords(y, printY)}${endsInWords(x, y, printX, printY)}`,
    ),
  ].join("; ");
  return chart(
    "curve",
    options,
    { name: "Curves", summary },
    empty ? [noData] : [key(entries, width), drawing],
    [
      ...planeRules,
      rule(".reference", "stroke-dasharray:4 3"),
      rule("text.reference", "stroke:none"),
      rule(".curve", "fill:none;stroke-width:2;stroke-linejoin:round"),
      rule(".point", "stroke-width:1"),
      rule(".band", "fill-opacity:.18"),
      ...seriesRules(series.length),
    ],
  );
}

function through(x: readonly number[], y: readonly number[], frame: Plane): string {
  return x
    .map(
      (value, i) => `${i === 0 ? "M" : "L"}${round(frame.x.at(value))},${round(frame.y.at(y[i]!))}`,
    )
    .join("");
}

function band({ x, lower, upper }: Series, index: number, frame: Plane): Markup[] {
  if (lower.length === 0) return [];
  const back = through([...x].reverse(), [...lower].reverse(), frame).replace("M", "L");
  return [tag("path", { class: `band f${index}`, d: `${through(x, upper, frame)}${back}z` })];
}

function points(
  { label, x, y, lower, upper }: Series,
  index: number,
  frame: Plane,
  printX: (value: number) => string,
  printY: (value: number) => string,
): Markup[] {
  return x.map((value, i) => {
    const range = lower.length > 0 ? `, ${printY(lower[i]!)} to ${printY(upper[i]!)}` : "";
    return marker(
      index,
      [frame.x.at(value), frame.y.at(y[i]!)],
      3,
      { class: `point f${index} c${index}` },
      `${quoted(label)}, ${printX(value)}: ${printY(y[i]!)}${range}`,
    );
  });
}

function endsInWords(
  x: readonly number[],
  y: readonly number[],
  printX: (value: number) => string,
  printY: (value: number) => string,
): string {
  const last = x.length - 1;
  if (last < 1) return "";
  return `, ${printY(y[0]!)} at ${printX(x[0]!)} and ${printY(y[last]!)} at ${printX(x[last]!)}`;
}
