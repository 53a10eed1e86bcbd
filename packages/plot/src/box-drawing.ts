/** @file All rows of box plots over one axis. */

import type { Row, RowFrame } from "./box-marks";
import { boxRow, labelMargin } from "./box-row";
import type { Drawing } from "./chart";
import { lines, tag } from "./markup";
import { measure } from "./measure";
import { type ReferenceLine, referenceLines, type Span, upright } from "./reference";
import { valueAxis } from "./value-axis";
import { visible } from "./visible";

export interface PlotSpec {
  readonly domain: readonly [number, number];
  readonly width: number;
  readonly groups: readonly string[];
  readonly controls: readonly string[];
  readonly print: (value: number) => string;
  readonly printMedian: (value: number) => string;
  readonly references: readonly ReferenceLine[];
  readonly axisTitle: string | undefined;
}

const narrowest = 536; // px in which labels have room beside their boxes
const labelRoom = 236;
const countRoom = 40; // of the counts of values beyond the axis

export function plot(rows: readonly Row[], spec: PlotSpec): Drawing {
  const { domain, width, print, axisTitle } = spec;
  const longest = Math.max(...rows.map(({ label }) => measure(visible(label), 11)));
  const narrow = width < narrowest || longest > labelRoom - labelMargin;
  const labels = narrow ? 0 : labelRoom;
  const all = rows.flatMap(({ values }) => values);
  const [left, right] = domain.map((end, i) => {
    const beyond = all.some((x) => (i === 0 ? x < end : x > end));
    return Math.ceil(Math.max(beyond ? countRoom : 8, measure(print(end), 11) / 2));
  }) as [number, number];
  const axis = valueAxis(domain, [labels + left, width - right], (width - labels) / 80);
  const density = Math.max(...rows.map(({ values }) => values.length));
  const frame: RowFrame = { ...spec, axis, narrow, labels, density };

  const head = referenceLines(spec.references, axis);
  let y = head.height;
  const placed = rows.map((row) => {
    const start = y;
    const drawn = boxRow(row, frame);
    y += drawn.height;
    const at = { transform: `translate(0,${start})` };
    return {
      span: [start + drawn.top, y] as Span, // lines leave out labels over the boxes
      background: drawn.background.length > 0 ? [tag("g", at, drawn.background)] : [],
      marks: tag("g", at, lines(drawn.marks)),
    };
  });
  const spans = placed.map(({ span }) => span);
  const ticks = axis.ticks.map((tick) => upright(axis.at(tick), [...spans, [y, y + 4]])).join("");
  const title = { class: "muted label end", x: axis.at(domain[1]), y: y + 32 };
  return {
    width,
    height: y + (axisTitle === undefined ? 20 : 36),
    marks: [
      ...placed.flatMap(({ background }) => background),
      tag("path", { class: "faint", d: ticks }),
      ...axis.ticks.map((tick) =>
        tag("text", { class: "muted middle", x: axis.at(tick), y: y + 16 }, print(tick)),
      ),
      ...head.draw(spans),
      ...placed.map(({ marks }) => marks),
      ...(axisTitle === undefined ? [] : [tag("text", title, axisTitle)]),
    ],
  };
}
