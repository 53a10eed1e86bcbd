/** @file Attention map of one head, or a grid of heads; options named as in CircuitsVis. */

import { checkOptions } from "@diopter/tensor";
import { cellRules } from "./cell";
import { type ChartOptions, chart, chartKeys, type Drawing, noData, roomIn } from "./chart";
import {
  checkCount,
  checkList,
  checkMatrix,
  checkRecord,
  checkStrings,
  checkText,
  type Matrix,
} from "./check";
import { type Grid, grid, leftOf, unnamedInWords } from "./grid";
import { legend } from "./legend";
import { lines, tag } from "./markup";
import { measure } from "./measure";
import { formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
import { colorKeys, colorScale, type ScaleOptions } from "./scale";
import { quoted } from "./visible";
import { counted, rangeInWords } from "./words";

export interface AttentionData {
  /** Weights of one head [query, key], or of several [head, query, key]. */
  readonly attention: Matrix | ArrayLike<Matrix>;
  /** One token per query and key position. */
  readonly tokens: readonly string[];
  /** Names over the maps; by default `head 0`, `head 1` and so on. */
  readonly attentionHeadNames?: readonly string[] | undefined;
}

export interface AttentionOptions extends ChartOptions, Omit<ScaleOptions, "scale"> {
  /** Leave out what a query cannot see; by default where nothing is there but zeros and non-numbers. */
  readonly maskUpperTri?: boolean | undefined;
  /** Write the tokens along the axes, true by default; where there is no room for all, the chart says which are named. */
  readonly showAxisLabels?: boolean | undefined;
  /** What the values are, written over the legend. */
  readonly legend?: string | undefined;
  readonly format?: NumberFormat | undefined;
  /** Pixels of the whole chart, 860 by default; maps of more positions than it has room for are wider. 344 fit a phone. */
  readonly width?: number | undefined;
}

const panelGap = 20;
const nameHeight = 20;
const leastCell = 3;
const titles = { rowTitle: "query", columnTitle: "key" };

/**
 * Attention maps as an SVG string: rows are queries (destinations), columns are keys (sources).
 *
 * All heads share one colour scale: from 0, or symmetric around 0 when values have both signs.
 *
 * @throws TypeError or RangeError naming the argument: `attention: tokens has 3 entries, expected 4`.
 * @example
 * attention({ attention: [[1, 0], [0.3, 0.7]], tokens: ["The", " cat"] }, { title: "Head 4.11" });
 */
export function attention(data: AttentionData, options: AttentionOptions = {}): string {
  checkRecord("attention: data", data);
  checkOptions("attention", options, {
    ...chartKeys,
    ...colorKeys,
    maskUpperTri: "optional",
    showAxisLabels: "optional",
    legend: "optional",
    format: "optional",
    width: "optional",
  });
  const { heads, several } = checkHeads(data.attention);
  const count = heads[0]?.length ?? 0;
  const tokens = checkStrings(
    "attention: tokens",
    data.tokens,
    heads.length > 0 ? count : undefined,
  );
  const names = data.attentionHeadNames
    ? checkStrings("attention: attentionHeadNames", data.attentionHeadNames, heads.length)
    : heads.map((_, i) => `head ${i}`);

  const masked = options.maskUpperTri ?? heads.every(isCausal);
  const hidden = (query: number, key: number) => masked && key > query;
  const shown = heads.flatMap((head) =>
    head.flatMap((row, q) => row.filter((_, k) => !hidden(q, k))),
  );
  const scale = colorScale("attention", shown, options);
  const print = formatter("attention: format", options.format);

  const room = roomIn("attention", options.width);
  const labelled = options.showAxisLabels ?? true;
  const labels = labelled
    ? { rowLabels: tokens, columnLabels: tokens, ...(several ? {} : titles) }
    : {};
  const left = leftOf({ ...labels, room, cellHeight: 12 });
  const fitting = Math.max(leastCell, Math.floor((room - left) / count));
  const cellSize = several
    ? Math.min(16, Math.max(4, Math.floor(180 / count)), fitting)
    : Math.min(28, fitting);
  const spec = (values: number[][]): Grid => ({
    values,
    scale,
    hidden,
    room,
    cellWidth: cellSize,
    cellHeight: cellSize,
    ...labels,
    text: (q, k) => nonFinite(values[q]![k]!, cellSize),
    tooltip: (q, k) =>
      `${q} ${quoted(tokens[q]!)} attends to ${k} ${quoted(tokens[k]!)}: ${print(values[q]![k]!)}`,
  });

  const key = legend(scale, print, checkText("attention: legend", options.legend));
  const panels = heads.map((head, i) => {
    const own = spec(head);
    return several || data.attentionHeadNames
      ? named(names[i]!, grid(own), leftOf(own))
      : grid(own);
  });
  const unnamed = unnamedInWords(spec([]), ["token", "token"]).map((text) => paragraph(text, room));
  const of = `${several ? `${counted(heads.length, "head")}, ` : ""}${counted(count, "query")} by ${counted(count, "key")}`;
  const summary = `${of}, ${rangeInWords(shown, print)}`;
  const body = count === 0 ? [noData] : [key, sideBySide(panels, room), ...unnamed];
  return chart("attention", options, { name: "Attention", summary }, body, [
    ...scale.rules,
    ...cellRules,
  ]);
}

/** One head or several, as copies; every map is square and all are of one size. */
function checkHeads(value: unknown): { heads: number[][][]; several: boolean } {
  const outer = checkList("attention: attention", value, "rows of numbers");
  const first = outer[0];
  const several =
    typeof first === "object" &&
    first !== null &&
    typeof (first as ArrayLike<unknown>)[0] === "object";
  const heads = several
    ? outer.map((head, i) => checkMatrix(`attention: attention[${i}]`, head))
    : [checkMatrix("attention: attention", value)];
  const count = heads[0]!.length;
  for (const [i, head] of heads.entries()) {
    const subject = several ? `attention: attention[${i}]` : "attention: attention";
    checkCount(subject, head.length, count, "query");
    checkCount(subject, head[0]?.length ?? 0, count, "key");
  }
  return { heads, several };
}

/** Whether no query sees a later key: only zeros and non-numbers (masked scores) are there. */
function isCausal(head: number[][]): boolean {
  return head.every((row, q) => row.every((x, k) => k <= q || x === 0 || !Number.isFinite(x)));
}

/** NaN and infinities as text, in a cell too small for a word as one sign. */
function nonFinite(value: number, width: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  if (Number.isNaN(value)) return width >= 26 ? "NaN" : "×";
  return value > 0 ? "∞" : width >= 20 ? "−∞" : "−";
}

function named(name: string, map: Drawing, left: number): Drawing {
  return {
    width: Math.max(map.width, left + measure(name, 11)),
    height: map.height + nameHeight,
    marks: [
      tag("text", { class: "ink label", x: left, y: 12 }, name),
      tag("g", { transform: `translate(0,${nameHeight})` }, lines(map.marks)),
    ],
  };
}

/** Panels of one size in rows of equal length, as many beside each other as there is room for. */
function sideBySide(panels: readonly Drawing[], room: number): Drawing {
  const width = Math.max(...panels.map((panel) => panel.width)) + panelGap;
  const height = Math.max(...panels.map((panel) => panel.height)) + panelGap;
  const rows = Math.ceil(panels.length / Math.max(1, Math.floor((room + panelGap) / width)));
  const columns = Math.ceil(panels.length / rows);
  return {
    width: columns * width - panelGap,
    height: rows * height - panelGap,
    marks: panels.map(({ marks }, i) => {
      const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height];
      return tag("g", { transform: `translate(${Math.round(x)},${Math.round(y)})` }, lines(marks));
    }),
  };
}
