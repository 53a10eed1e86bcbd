/** @file ROC curves in pessimistic steps: among ties the wrong ones come first. */

import { checkOptions } from "@diopter/tensor";
import { type ChartOptions, chart, chartKeys, type Drawing, noData } from "./chart";
import {
  checkFinite,
  checkFinites,
  checkRecord,
  checkRecords,
  checkWidth,
  requireText,
} from "./check";
import { key } from "./key";
import { round, tag } from "./markup";
import { formatter, type NumberFormat } from "./number";
import { type Plane, plane, planeRules } from "./plane";
import { marker, seriesRules } from "./series";
import { rule } from "./style";
import { quoted } from "./visible";
import { counted } from "./words";

export interface RocCurve {
  readonly label: string;
  /** False positive rates, ascending; the point (0, 0) may be left out. */
  readonly fpr: ArrayLike<number>;
  /** True positive rates, ascending. */
  readonly tpr: ArrayLike<number>;
  /** Area under the curve; by default that of the steps drawn, if they end at (1, 1). */
  readonly auroc?: number | undefined;
}

export interface RocData {
  readonly curves: readonly RocCurve[];
}

export interface RocOptions extends ChartOptions {
  /** How areas are printed. */
  readonly format?: NumberFormat | undefined;
  /** Pixels of the whole chart, 340 by default. */
  readonly width?: number | undefined;
}

/**
 * ROC curves as an SVG string: each step goes right before it goes up, so that ties count as errors.
 *
 * A curve that ends before (1, 1) is drawn so far, and the key says where it ends.
 *
 * @throws TypeError or RangeError naming the argument: `roc: curves[0].tpr has 3 entries, expected 4`.
 * @example
 * roc({ curves: [{ label: "ACDC", fpr: [0, 0.1, 1], tpr: [0.6, 0.9, 1] }] });
 */
export function roc(data: RocData, options: RocOptions = {}): string {
  checkRecord("roc: data", data);
  checkOptions("roc", options, { ...chartKeys, format: "optional", width: "optional" });
  const curves = checkRecords("roc: curves", data.curves, "curves", readCurve);
  const width = (checkWidth("roc: width", options.width, 200) ?? 340) - 24;
  const print = formatter("roc: format", options.format);
  const printRate = formatter("roc");
  const frame = plane({
    width,
    height: width - 40, // about square
    x: [0, 1],
    y: [0, 1],
    xScale: "linear",
    xTitle: "false positive rate",
    yTitle: "true positive rate",
  });
  const names = curves.map((one) => named(one, print, printRate));
  const drawing: Drawing = {
    width,
    height: frame.height,
    marks: [
      ...frame.marks,
      tag("path", { class: "reference diagonal", d: steps([0, 1], [0, 1], frame, "L") }),
      ...curves.map(({ fpr, tpr }, i) =>
        tag(
          "path",
          { class: `roc c${i}`, d: steps(fpr, tpr, frame, "HV") },
          tag("title", {}, quoted(names[i]!)),
        ),
      ),
      ...curves.flatMap(({ fpr, tpr }, i) =>
        isWhole(fpr, tpr)
          ? []
          : [marker(i, [frame.x.at(fpr.at(-1)!), frame.y.at(tpr.at(-1)!)], 4, { class: `f${i}` })],
      ),
    ],
  };
  const entries = names.map((text, i) => ({
    text,
    mark: (x: number, y: number) =>
      tag("path", { class: `roc c${i}`, d: `M${round(x - 8)},${round(y)}h16` }),
  }));
  const body = curves.length === 0 ? [noData] : [key(entries, width), drawing];
  const summary = [counted(curves.length, "curve"), ...names].join("; ");
  return chart("roc", options, { name: "ROC", summary }, body, [
    ...planeRules,
    rule(".diagonal", "stroke-dasharray:4 3;fill:none"),
    rule(".roc", "fill:none;stroke-width:2"),
    ...seriesRules(curves.length),
  ]);
}

interface Curve {
  readonly label: string;
  readonly fpr: number[];
  readonly tpr: number[];
  readonly auroc: number | undefined;
}

function readCurve(subject: string, one: Readonly<Record<string, unknown>>): Curve {
  const fpr = checkFinites(`${subject}.fpr`, one.fpr);
  const tpr = checkFinites(`${subject}.tpr`, one.tpr, fpr.length);
  for (const [name, rates] of [
    ["fpr", fpr],
    ["tpr", tpr],
  ] as const) {
    for (const [i, rate] of rates.entries()) {
      if (rate < 0 || rate > 1)
        throw new RangeError(`${subject}.${name}[${i}] must be from 0 to 1, got ${rate}`);
      if (i > 0 && rate < rates[i - 1]!)
        throw new RangeError(`${subject}.${name} must ascend, got ${rate} after ${rates[i - 1]}`);
    }
  }
  return {
    label: requireText(`${subject}.label`, one.label),
    fpr: [0, ...fpr],
    tpr: [0, ...tpr],
    auroc: checkFinite(`${subject}.auroc`, one.auroc),
  };
}

function isWhole(fpr: readonly number[], tpr: readonly number[]): boolean {
  return fpr.at(-1) === 1 && tpr.at(-1) === 1;
}

function named(
  { label, fpr, tpr, auroc }: Curve,
  print: (value: number) => string,
  rate: (value: number) => string,
): string {
  const whole = isWhole(fpr, tpr);
  const area = auroc ?? (whole ? areaUnder(fpr, tpr) : undefined);
  return [
    label,
    ...(area === undefined ? [] : [`AUROC ${print(area)}`]),
    ...(whole ? [] : [`ends at TPR ${rate(tpr.at(-1)!)}, FPR ${rate(fpr.at(-1)!)}`]),
  ].join(", ");
}

/** Area under steps that go right before they go up. */
function areaUnder(fpr: readonly number[], tpr: readonly number[]): number {
  return fpr.reduce((area, x, i) => (i === 0 ? 0 : area + (x - fpr[i - 1]!) * tpr[i - 1]!), 0);
}

/** Right and then up to each point, or straight there. */
function steps(
  fpr: readonly number[],
  tpr: readonly number[],
  frame: Plane,
  form: "HV" | "L",
): string {
  return fpr
    .map((rate, i) => {
      const [x, y] = [round(frame.x.at(rate)), round(frame.y.at(tpr[i]!))];
      if (i === 0) return `M${x},${y}`;
      return form === "L" ? `L${x},${y}` : `H${x}V${y}`;
    })
    .join("");
}
