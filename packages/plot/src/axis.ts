/** @file Labels of rows and columns: whole where they fit, turned or abbreviated where not. */

import { max } from "d3-array";
import { type Markup, tag } from "./markup";
import { fit, measure } from "./measure";
import { quoted, visible } from "./visible";

const fontSize = 11;
const longest = 150; // px; a longer label is abbreviated and whole in its tooltip

/** A label with the full text as tooltip when it is not shown as it is. */
export function label(
  text: string,
  width: number,
  attributes: Readonly<Record<string, string | number | undefined>>,
  size = fontSize,
): Markup {
  const shown = fit(visible(text), width, size);
  const tooltip = shown === text ? undefined : tag("title", {}, quoted(text));
  return tag(
    "text",
    { style: size < fontSize ? `font-size:${size}px` : undefined, ...attributes },
    tooltip,
    shown,
  );
}

/** Width that labels need, at most `most` pixels. */
export function labelWidth(labels: readonly string[], size = fontSize, most = longest): number {
  return Math.min(most, max(labels, (text) => measure(visible(text), size)) ?? 0);
}

const leastPitch = 9; // px between labels that can be read

/** Every how many-th label has room where cells are this small; they are counted from the last. */
export function strideOf(cell: number): number {
  return cell >= leastPitch ? 1 : Math.ceil(leastPitch / cell);
}

/** Whether a label has room. */
export function isNamed(index: number, count: number, stride: number): boolean {
  return (count - 1 - index) % stride === 0;
}

export interface ColumnLabels {
  readonly height: number;
  /** How far turned labels reach beyond the last column. */
  readonly overhang: number;
  /** Draws them along the line at `y`, from `x` on: above it, or below it. */
  readonly draw: (x: number, y: number, side: "above" | "below") => Markup[];
}

/** Column labels: level where cells are wide, slanted where narrow and `spare` pixels beside them are enough, else upright. */
export function columnLabels(
  labels: readonly string[],
  cellWidth: number,
  spare = Number.POSITIVE_INFINITY,
): ColumnLabels {
  const stride = strideOf(cellWidth);
  const size = Math.min(fontSize, stride * cellWidth - 1);
  const named = labels.filter((_, i) => isNamed(i, labels.length, stride));
  const width = labelWidth(named, size);
  if (width <= cellWidth - 4 || cellWidth >= 40) return level(labels, cellWidth);
  const slanted = turned(labels, { cellWidth, stride, degrees: 45, width, size });
  return cellWidth >= 17 && slanted.overhang <= spare
    ? slanted
    : turned(labels, { cellWidth, stride, degrees: 90, width, size });
}

function level(labels: readonly string[], cellWidth: number): ColumnLabels {
  return {
    height: 18,
    overhang: 0,
    draw: (x, y, side) =>
      labels.map((text, i) =>
        label(text, cellWidth - 4, {
          class: "ink middle",
          x: x + (i + 0.5) * cellWidth,
          y: side === "above" ? y - 6 : y + 14,
        }),
      ),
  };
}

interface Turned {
  readonly cellWidth: number;
  readonly stride: number;
  readonly degrees: number;
  readonly width: number;
  readonly size: number;
}

function turned(
  labels: readonly string[],
  { cellWidth, stride, degrees, width, size }: Turned,
): ColumnLabels {
  const radians = (degrees * Math.PI) / 180;
  return {
    height: width * Math.sin(radians) + size,
    overhang: Math.max(0, width * Math.cos(radians) - cellWidth / 2 + 4),
    draw: (x, y, side) =>
      labels.flatMap((text, i) => {
        if (!isNamed(i, labels.length, stride)) return [];
        const center = x + (i + 0.5) * cellWidth + (degrees === 90 ? size * 0.35 : size * 0.2);
        const base = side === "above" ? y - 5 : y + 5 + (degrees === 90 ? 0 : size * 0.5);
        const anchor = side === "above" ? "ink" : "ink end";
        return label(
          text,
          width,
          {
            class: anchor,
            transform: `translate(${Math.round(center * 10) / 10},${Math.round(base * 10) / 10})rotate(-${degrees})`,
          },
          size,
        );
      }),
  };
}
