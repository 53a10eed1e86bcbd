/** @file Horizontal bars: top predictions, contributions of components. */

import { checkOptions } from "@diopter/tensor";
import { extent, max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { label, labelWidth } from "./axis";
import { type ChartOptions, chart, chartKeys, type Drawing, noData, roomIn } from "./chart";
import { checkColor, checkNumbers, checkRecord, checkStrings } from "./check";
import { type Markup, tag } from "./markup";
import { measure } from "./measure";
import { columnFormatter, type NumberFormat } from "./number";
import { paint, type Rule, theme } from "./style";
import { quoted } from "./visible";
import { counted, rangeInWords } from "./words";

export interface BarsData {
  /** One name per bar, such as the predicted token. */
  readonly labels: readonly string[];
  /** Length of each bar; negative bars point left. NaN and infinities are printed, not drawn. */
  readonly values: ArrayLike<number>;
}

export interface BarsOptions extends ChartOptions {
  /** How values are printed at the ends of the bars. */
  readonly format?: NumberFormat | undefined;
  /** Values at the ends of the axis, so that charts can be compared; must hold all values and 0. */
  readonly domain?: readonly [number, number] | undefined;
  /** CSS colour of bars above 0. */
  readonly positiveColor?: string | undefined;
  /** CSS colour of bars below 0. */
  readonly negativeColor?: string | undefined;
  /** Pixels of the whole chart, which the bars fill; by default they are 320 long. 344 fit a phone. */
  readonly width?: number | undefined;
}

const leastLength = 60; // from one end of the domain to the other
const barHeight = 16;
const pitch = 24;
const gap = 6; // between bar and text

/**
 * Horizontal bars, first on top, as an SVG string.
 *
 * @throws TypeError or RangeError naming the argument: `bars: values has 3 entries, expected 4`.
 * @example
 * bars({ labels: [" Paris", " Rome"], values: [0.83, 0.04] }, { format: ".1%" });
 */
export function bars(data: BarsData, options: BarsOptions = {}): string {
  checkRecord("bars: data", data);
  checkOptions("bars", options, {
    ...chartKeys,
    format: "optional",
    domain: "optional",
    positiveColor: "optional",
    negativeColor: "optional",
    width: "optional",
  });
  const labels = checkStrings("bars: labels", data.labels);
  const values = checkNumbers("bars: values", data.values, labels.length);
  const print = columnFormatter("bars: format", values, options.format);
  const room = options.width === undefined ? undefined : roomIn("bars", options.width);
  const domain = checkDomain(values, options.domain);
  const rules = [
    barRule("positive", options.positiveColor),
    barRule("negative", options.negativeColor),
  ];

  const body = values.length === 0 ? noData : drawing(labels, values, { domain, print, room });
  const summary = `${counted(values.length, "bar")}, ${rangeInWords(values, print)}`;
  return chart("bars", options, { name: "Bars", summary }, [body], rules);
}

function drawing(
  labels: string[],
  values: number[],
  {
    domain,
    print,
    room,
  }: {
    domain: [number, number];
    print: (value: number) => string;
    room: number | undefined;
  },
): Drawing {
  const printed = values.map(print);
  const widestWhere = (test: (value: number) => boolean) =>
    max(printed, (text, i) => (test(values[i]!) ? measure(text, 11) + gap : 0)) ?? 0;
  const [below, above] = [widestWhere((value) => value < 0), widestWhere((value) => !(value < 0))];
  const beside = 2 * gap + below + above;
  // Names give way before the bars do, whose numbers must have room.
  const spare = room === undefined ? undefined : Math.max(24, room - beside - leastLength);
  const names = labelWidth(labels, 11, Math.min(150, spare ?? 150));
  const barLength = room === undefined ? 320 : Math.max(leastLength, room - names - beside - 1);
  const start = Math.ceil(names + 2 * gap + below);
  // In units of the larger end, so that not even the largest numbers overflow.
  const unit = Math.max(-domain[0], domain[1]);
  const axis = scaleLinear([domain[0] / unit, domain[1] / unit], [start, start + barLength]);
  const x = (value: number) => axis(value / unit);
  const zero = x(0);

  const row = (value: number, i: number): Markup => {
    const y = i * pitch;
    const end = Number.isFinite(value) ? x(value) : zero;
    const baseline = y + pitch / 2 + 4;
    return tag(
      "g",
      {},
      tag("title", {}, `${quoted(labels[i]!)}: ${printed[i]}`),
      label(labels[i]!, names, { class: "ink end", x: names, y: baseline }),
      tag("rect", {
        class: value < 0 ? "negative" : "positive",
        x: Math.min(zero, end),
        y: y + (pitch - barHeight) / 2,
        width: Math.abs(end - zero),
        height: barHeight,
      }),
      tag(
        "text",
        {
          class: value < 0 ? "muted end" : "muted",
          x: end + (value < 0 ? -gap : gap),
          y: baseline,
        },
        printed[i],
      ),
    );
  };
  const height = values.length * pitch;
  return {
    width: start + barLength + above,
    height,
    marks: [
      ...values.map(row),
      tag("path", { class: "line", d: `M${Math.round(zero)}.5,0V${height}` }),
    ],
  };
}

/** From 0 to the longest bars, or the domain asked for when everything is in it. */
function checkDomain(values: number[], asked: BarsOptions["domain"]): [number, number] {
  const finite = values.filter(Number.isFinite);
  const [low, high] = extent([0, ...finite]) as [number, number];
  if (asked === undefined) return low === high ? [0, 1] : [low, high];
  const [start, end] = checkNumbers("bars: domain", asked, 2) as [number, number];
  if (start <= low && high <= end && start < end && Number.isFinite(end - start))
    return [start, end];
  throw new RangeError(`bars: domain [${start}, ${end}] does not hold [${low}, ${high}]`);
}

function barRule(name: "positive" | "negative", color: string | undefined): Rule {
  const given = checkColor(`bars: ${name}Color`, color);
  return paint(`.${name}`, "fill", given ?? theme[name][0], given ?? theme[name][1]);
}
