/** @file How far a score moves when one choice changes: the largest and the median change of each axis. */

import { checkOptions } from "@diopter/tensor";
import { label } from "./axis";
import { type ChartOptions, chart, chartKeys, type Drawing, noData } from "./chart";
import { checkFinites, checkRecord, checkStrings, checkWidth } from "./check";
import { key } from "./key";
import { type Markup, tag } from "./markup";
import { measure } from "./measure";
import { columnFormatter, type NumberFormat } from "./number";
import { paint, type Rule, theme } from "./style";
import { valueAxis } from "./value-axis";
import { quoted } from "./visible";
import { counted } from "./words";

export interface SensitivityBarsData {
  /** One name per axis of choice, such as `"value"`. */
  readonly labels: readonly string[];
  /** The largest change along each axis, at least 0. */
  readonly largest: ArrayLike<number>;
  /** The median change along each axis, from 0 to the largest. */
  readonly median: ArrayLike<number>;
  /** More text for each tooltip, such as between which cells the largest change is. */
  readonly details?: readonly string[] | undefined;
}

export interface SensitivityBarsOptions extends ChartOptions {
  readonly format?: NumberFormat | undefined;
  /** Change at the end of the axis, so that charts can be compared; by default the largest. */
  readonly maxValue?: number | undefined;
  /** Pixels of the whole chart, 360 by default. */
  readonly width?: number | undefined;
}

const pitch = 40;
const thick = 14;
const thin = 6;

const rules: readonly Rule[] = [
  paint(".largest", "fill", "#a9c8e6", "#2f5f8c"),
  paint(".typical", "fill", ...theme.ink),
];

/**
 * A bar for the largest and one for the median change of each axis, first on top, as an SVG string.
 *
 * @throws TypeError or RangeError naming the argument: `sensitivityBars: median has 3 entries, expected 4`.
 * @example
 * sensitivityBars({ labels: ["value"], largest: [0.96], median: [0.31] }, { format: ".0%" });
 */
export function sensitivityBars(
  data: SensitivityBarsData,
  options: SensitivityBarsOptions = {},
): string {
  checkRecord("sensitivityBars: data", data);
  checkOptions("sensitivityBars", options, {
    ...chartKeys,
    format: "optional",
    maxValue: "optional",
    width: "optional",
  });
  const labels = checkStrings("sensitivityBars: labels", data.labels);
  const count = labels.length;
  const largest = checkFinites("sensitivityBars: largest", data.largest, count);
  const median = checkFinites("sensitivityBars: median", data.median, count);
  const details = data.details && checkStrings("sensitivityBars: details", data.details, count);
  checkOrder(median, largest);
  const end = endOf(largest, options.maxValue);
  const width = (checkWidth("sensitivityBars: width", options.width, 200) ?? 360) - 24;
  const print = columnFormatter("sensitivityBars: format", [...largest, ...median], options.format);

  const texts = largest.map((value, i) => `${print(value)} (median ${print(median[i]!)})`);
  const room = Math.max(0, ...texts.map((text) => measure(text, 11))) + 8;
  const axis = valueAxis([0, end], [0, Math.max(40, width - room)], 2);
  const row = (name: string, i: number): Markup => {
    const y = i * pitch;
    const tooltip = [
      `${quoted(name)}: largest change ${print(largest[i]!)}, median ${print(median[i]!)}`,
      details?.[i],
    ];
    return tag(
      "g",
      {},
      tag("title", {}, tooltip.filter((line) => line !== undefined).join("\n")),
      label(name, width, { class: "ink", y: y + 12 }),
      tag("rect", { class: "largest", y: y + 18, width: axis.at(largest[i]!), height: thick }),
      tag("rect", {
        class: "typical",
        y: y + 18 + (thick - thin) / 2,
        width: axis.at(median[i]!),
        height: thin,
      }),
      tag("text", { class: "muted", x: axis.at(largest[i]!) + 6, y: y + 29 }, texts[i]),
    );
  };
  const drawing: Drawing = { width, height: count * pitch, marks: labels.map(row) };
  const swatch = (name: string, height: number) => (x: number, y: number) =>
    tag("rect", { class: name, x: x - 8, y: y - height / 2, width: 16, height });
  const entries = [
    { text: "largest change", mark: swatch("largest", thick - 2) },
    { text: "median change", mark: swatch("typical", thin) },
  ];
  const body = count === 0 ? [noData] : [key(entries, width), drawing];
  const summary = [
    counted(count, "choice"),
    ...labels.map(
      (name, i) => `${name}: largest change ${print(largest[i]!)}, median ${print(median[i]!)}`,
    ),
  ].join("; ");
  return chart("sensitivityBars", options, { name: "Sensitivity", summary }, body, rules);
}

function checkOrder(median: readonly number[], largest: readonly number[]): void {
  for (const [i, value] of median.entries()) {
    if (value >= 0 && value <= largest[i]!) continue;
    throw new RangeError(
      `sensitivityBars: median[${i}] must be from 0 to the largest change ${largest[i]}, got ${value}`,
    );
  }
}

function endOf(largest: readonly number[], asked: number | undefined): number {
  const most = Math.max(0, ...largest);
  if (asked === undefined) return most || 1;
  if (asked >= most && asked > 0 && Number.isFinite(asked)) return asked;
  throw new RangeError(`sensitivityBars: maxValue ${asked} is below the largest change ${most}`);
}
