/** @file The frame of every chart: an accessible, self-contained SVG string. */

import type { OptionKeys } from "@diopter/tensor";
import { checkText, checkWidth } from "./check";
import { lines, type Markup, tag } from "./markup";
import { measure } from "./measure";
import { chartRules, type Rule, scoped } from "./style";

/** What every chart takes. */
export interface ChartOptions {
  /** Heading drawn above the chart, and its accessible name. */
  readonly title?: string | undefined;
  /** What the chart shows, for those who do not see it; by default its size and range in words. */
  readonly description?: string | undefined;
}

export const chartKeys: OptionKeys<ChartOptions> = { title: "optional", description: "optional" };

/** Something drawn, with its upper left corner at 0, 0. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Markup[];
}

/** Pixels around what is drawn. */
export const margin = 12;
const gap = 12;

/** Pixels for what is drawn in a chart of `width` pixels, 860 by default. */
export function roomIn(subject: string, width: unknown): number {
  return (checkWidth(`${subject}: width`, width, 240) ?? 860) - 2 * margin;
}

/** Stacks drawings under the title, left-aligned, and wraps them into an `<svg>` that styles nothing but itself. */
export function chart(
  subject: string,
  { title, description }: ChartOptions,
  { name, summary }: { name: string; summary: string },
  drawings: readonly Drawing[],
  rules: readonly Rule[] = [],
): string {
  checkText(`${subject}: title`, title);
  checkText(`${subject}: description`, description);
  const stack = [...(title === undefined ? [] : [heading(title)]), ...drawings];
  const width = 2 * margin + Math.max(...stack.map((drawing) => drawing.width));
  let height = margin;
  const placed = stack.map((drawing) => {
    const group = tag(
      "g",
      { transform: `translate(${margin},${Math.round(height)})` },
      lines(drawing.marks),
    );
    height += drawing.height + gap;
    return group;
  });
  height += margin - gap;

  const label = `${title ?? name}. ${description ?? summary}`;
  const allRules = [...chartRules, ...rules];
  // Equal charts share a scope, and then also their rules: an id would have to be unique in the page.
  const scope = `p${hash(JSON.stringify([label, allRules, placed]))}`;
  return tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: `diopter ${scope}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      role: "img",
      "aria-label": label,
    },
    tag("title", {}, title ?? name),
    tag("style", {}, { markup: scoped(scope, allRules) }),
    lines(placed),
  ).markup;
}

/** What stands in place of a chart without data. */
export const noData: Drawing = {
  width: 80,
  height: 20,
  marks: [{ markup: '<text class="muted label" x="0" y="14">no data</text>' }],
};

function heading(title: string): Drawing {
  return {
    width: measure(title, 14.5),
    height: 16,
    marks: [tag("text", { class: "ink title", y: 13 }, title)],
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(16).padStart(8, "0");
}
