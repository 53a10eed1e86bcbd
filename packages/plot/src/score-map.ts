/** @file Scores of heads by layer, with the MLPs beside them. */

import { checkOptions } from "@diopter/tensor";
import { cellRules } from "./cell";
import { type ChartOptions, chart, chartKeys, noData, roomIn } from "./chart";
import { checkMatrix, checkNumbers, checkRecord, checkText, type Matrix } from "./check";
import { grid, leftOf, unnamedInWords } from "./grid";
import { legend } from "./legend";
import { formatter, type NumberFormat } from "./number";
import { paragraph } from "./paragraph";
import { colorKeys, colorScale, type ScaleOptions } from "./scale";
import { counted, rangeInWords } from "./words";

export interface ScoreMapData {
  /** Score of each head, [layer, head]. NaN is printed, not coloured. */
  readonly heads: Matrix;
  /** Score of each layer's MLP; left out for models without. */
  readonly mlps?: ArrayLike<number> | undefined;
}

export interface ScoreMapOptions extends ChartOptions, Omit<ScaleOptions, "scale"> {
  /** What the scores are, written over the legend. */
  readonly legend?: string | undefined;
  readonly format?: NumberFormat | undefined;
  /** Pixels of the whole chart, 860 by default; 344 fit a phone. */
  readonly width?: number | undefined;
}

const [leastCell, mostCell] = [6, 22];

/**
 * A map of scores as an SVG string: layers upwards, heads to the right, the MLP last; colours go from 0, to both sides where there are scores of both signs.
 *
 * @throws TypeError or RangeError naming the argument: `scoreMap: mlps has 3 entries, expected 4`.
 * @example
 * scoreMap({ heads: [[0.1, -0.4], [0, 1.2]], mlps: [0.3, 0] }, { legend: "logit difference" });
 */
export function scoreMap(data: ScoreMapData, options: ScoreMapOptions = {}): string {
  checkRecord("scoreMap: data", data);
  checkOptions("scoreMap", options, {
    ...chartKeys,
    ...colorKeys,
    legend: "optional",
    format: "optional",
    width: "optional",
  });
  const heads = checkMatrix("scoreMap: heads", data.heads);
  const layers = heads.length;
  const count = heads[0]?.length ?? 0;
  const mlps = data.mlps && checkNumbers("scoreMap: mlps", data.mlps, layers);
  const print = formatter("scoreMap: format", options.format);
  const values = heads.map((row, i) => (mlps ? [...row, mlps[i]!] : row));
  const scale = colorScale("scoreMap", values.flat(), { ...options, scale: "diverging" });

  const room = roomIn("scoreMap", options.width);
  const rowLabels = heads.map((_, i) => `${i}`);
  const left = leftOf({ rowLabels, rowTitle: "layer", bottomUp: true, room, cellHeight: mostCell });
  const fitting = Math.floor((room - left) / (values[0]?.length ?? 1));
  const cellSize = Math.min(mostCell, Math.max(leastCell, fitting));
  const axes = {
    room,
    cellWidth: cellSize,
    cellHeight: cellSize,
    rowLabels,
    columnLabels: [...Array(count).keys()].map(String).concat(mlps ? ["M"] : []),
    rowTitle: "layer",
    columnTitle: mlps ? "head, MLP" : "head",
    bottomUp: true,
  };
  const body =
    values.flat().length === 0
      ? [noData]
      : [
          legend(scale, print, checkText("scoreMap: legend", options.legend)),
          grid({
            values,
            scale,
            ...axes,
            text: (i, j) => (Number.isFinite(values[i]![j]!) ? undefined : "×"),
            tooltip: (i, j) =>
              `${j < count ? `head ${i}.${j}` : `MLP ${i}`}: ${print(values[i]![j]!)}`,
          }),
          ...unnamedInWords(axes, ["layer", "column"]).map((note) => paragraph(note, room)),
        ];
  const summary = `${counted(layers, "layer")} by ${counted(count, "head")}${mlps ? " and the MLP" : ""}, ${rangeInWords(values.flat(), print)}${strongest(values, count, print)}`;
  return chart("scoreMap", options, { name: "Scores", summary }, body, [
    ...scale.rules,
    ...cellRules,
  ]);
}

/** The five scores farthest from 0, in words. */
function strongest(
  values: readonly number[][],
  count: number,
  print: (value: number) => string,
): string {
  const all = values
    .flatMap((row, i) =>
      row.map((value, j) => ({ value, name: j < count ? `head ${i}.${j}` : `MLP ${i}` })),
    )
    .filter(({ value }) => Number.isFinite(value) && value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, 5);
  if (all.length === 0) return "";
  return `; strongest ${all.map(({ name, value }) => `${name} ${print(value)}`).join(", ")}`;
}
