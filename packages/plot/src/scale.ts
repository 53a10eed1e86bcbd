/** @file From values to one of 65 steps of colour, and the style rules of the steps. */

import type { OptionKeys } from "@diopter/tensor";
import { extent, group } from "d3-array";
import { scaleDiverging, scaleLog, scaleSequential } from "d3-scale";
import { checkColor, checkFinite, checkOneOf } from "./check";
import { divergingPalette, inkOn, type Palette, sequentialPalette } from "./color";
import { paint, type Rule } from "./style";

const kinds = ["sequential", "diverging", "log"] as const;

/** How values become colour. */
export interface ScaleOptions {
  /**
   * `diverging` when values have both signs (symmetric around 0), else `sequential` from 0, in the colour of their sign;
   * `log` for ranks. Of a `diverging` scale only the side is used that has values, unless an end is given on the other.
   */
  readonly scale?: (typeof kinds)[number] | undefined;
  /** Value of the first colour; smaller values share it and the legend says so. */
  readonly minValue?: number | undefined;
  /** Value of the last colour; larger values share it and the legend says so. */
  readonly maxValue?: number | undefined;
  /** CSS colour of large positive values. */
  readonly positiveColor?: string | undefined;
  /** CSS colour of large negative values. */
  readonly negativeColor?: string | undefined;
}

export const colorKeys: OptionKeys<Omit<ScaleOptions, "scale">> = {
  minValue: "optional",
  maxValue: "optional",
  positiveColor: "optional",
  negativeColor: "optional",
};

export const scaleKeys: OptionKeys<ScaleOptions> = { ...colorKeys, scale: "optional" };

export interface ColorScale {
  /** Values at the first colour, the middle one and the last one. */
  readonly ticks: readonly [number, number, number];
  /** Whether values lie outside the scale, below and above. */
  readonly outside: readonly [boolean, boolean];
  /** Class name of a value's colour; undefined for NaN and infinities. */
  readonly classOf: (value: number) => string | undefined;
  /** Style rules of all steps. */
  readonly rules: readonly Rule[];
}

const lastStep = 64; // even, so that a diverging scale has a step for exactly 0

/** Class names of all steps, first to last. */
export const stepClasses: readonly string[] = /* @__PURE__ */ Array.from(
  { length: lastStep + 1 },
  (_, i) => `s${i}`,
);

export function colorScale(
  subject: string,
  values: readonly number[],
  options: ScaleOptions,
): ColorScale {
  const min = checkFinite(`${subject}: minValue`, options.minValue);
  const max = checkFinite(`${subject}: maxValue`, options.maxValue);
  const positive = checkColor(`${subject}: positiveColor`, options.positiveColor);
  const negative = checkColor(`${subject}: negativeColor`, options.negativeColor);
  if (min !== undefined && max !== undefined && min >= max) {
    throw new RangeError(`${subject}: minValue ${min} is not below maxValue ${max}`);
  }
  const asked = checkOneOf(`${subject}: scale`, options.scale, kinds);
  const none = asked === "log" ? 1 : 0;
  const [least = none, most = none] = extent(values.filter(Number.isFinite));
  // A side too short for half a step of colour counts as none; the legend says that values lie there.
  const low = least < 0 && -least <= most / (2 * lastStep) ? 0 : least;
  const high = most > 0 && most <= -least / (2 * lastStep) ? 0 : most;
  const kind = asked ?? ((min ?? low) < 0 && (max ?? high) > 0 ? "diverging" : "sequential");

  const position = positions[kind](subject, low, high, min, max);
  const [first, , last] = position.ticks;
  const sided = asked === undefined ? kind === "diverging" || first < 0 : kind === "diverging";
  const palette = sided
    ? sideOf(divergingPalette(negative, positive), first, last)
    : sequentialPalette(positive);
  return {
    ticks: position.ticks,
    outside: [least < first, most > last],
    classOf: (value) =>
      Number.isFinite(value) ? stepClasses[stepOf(position.at(value))] : undefined,
    rules: stepRules(palette),
  };
}

type Position = { ticks: readonly [number, number, number]; at: (value: number) => number };
type PositionOf = (
  subject: string,
  low: number,
  high: number,
  min?: number,
  max?: number,
) => Position;

const positions: Record<(typeof kinds)[number], PositionOf> = {
  sequential(_, low, high, min = Math.min(low, 0), max = Math.max(high, 0)) {
    const end = max > min ? max : min + 1;
    return { ticks: [min, (min + end) / 2, end], at: scaleSequential([min, end], (t) => t) };
  },

  diverging(subject, low, high, min, max) {
    // Values of one sign, and no end asked for on the other side: that side alone.
    const [up, down] = [low >= 0 && high > 0, high <= 0 && low < 0];
    if (up && min === undefined && (max ?? 1) > 0)
      return positions.sequential(subject, 0, high, 0, max);
    if (down && max === undefined && (min ?? -1) < 0)
      return positions.sequential(subject, low, 0, min, 0);
    const largest = Math.max(-low, high) || 1;
    const end = max ?? (min === undefined ? largest : -min);
    const start = min ?? -end;
    if (!(start < 0 && end > 0)) {
      throw new RangeError(
        `${subject}: a diverging scale must contain 0 inside, got [${start}, ${end}]`,
      );
    }
    return { ticks: [start, 0, end], at: scaleDiverging([start, 0, end], (t) => t) };
  },

  log(subject, low, high, min = low, max = high) {
    if (!(Math.min(low, min, max) > 0)) {
      throw new RangeError(
        `${subject}: a log scale needs values above 0, got ${Math.min(low, min, max)}`,
      );
    }
    const end = max > min ? max : min * 10;
    return { ticks: [min, Math.sqrt(min) * Math.sqrt(end), end], at: scaleLog([min, end], [0, 1]) };
  },
};

/** The half of a two-sided palette that a scale without the other side needs. */
function sideOf({ light, dark }: Palette, first: number, last: number): Palette {
  if (first < 0 && last > 0) return { light, dark };
  const [start, length] = first < 0 ? [0, 0.5] : [0.5, 0.5];
  return { light: (t) => light(start + t * length), dark: (t) => dark(start + t * length) };
}

function stepOf(t: number): number {
  if (Number.isNaN(t)) return 0; // 0 on a scale so short that 1 / length overflows
  return Math.round(Math.min(1, Math.max(0, t)) * lastStep);
}

/** A fill for each step, and an ink for all steps that need the same ink in light and in dark. */
function stepRules({ light, dark }: Palette): Rule[] {
  const steps = stepClasses.map((name, i) => {
    const fill = [light(i / lastStep), dark(i / lastStep)] as const;
    return { name, fill, ink: [inkOn(fill[0]), inkOn(fill[1])] as const };
  });
  const inks = group(steps, ({ ink }) => ink.join()).values();
  return [
    ...steps.map(({ name, fill }) => paint(`.${name}`, "fill", ...fill)),
    ...Array.from(inks, (same) =>
      paint(
        same.map(({ name }) => `.${name} text`),
        "fill",
        ...same[0]!.ink,
      ),
    ),
  ];
}
