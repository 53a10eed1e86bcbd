/** @file The charts of a robustness report. */

import {
  type BoxCell,
  boxPlots,
  curve,
  figure,
  type PageFigure,
  sensitivityBars,
} from "@diopter/plot";
import type { Circuit } from "../graph/circuit";
import type { Sensitivity } from "../metrics/sensitivity";
import { own } from "../schema/schema";
import type { CellSummary, CellWithout } from "./cell-summary";
import type { RobustnessData } from "./data";
import { type CircuitScores, drawCircuit } from "./draw-circuit";
import type { MeanSetPoint } from "./mean-set-curve";
import { changeText, type ScoreScale, tickText } from "./score-scale";

/** Pixels that fit a screen of 360, blank margins aside. */
const phone = 344;

/** More dots than these have no names of their own, which would make the page heavy. */
const mostNamed = 3000;

/** Far outside of these the axis is cut, and the chart says how many values lie beyond. */
const farthest = { low: -250, high: 400 };

/** A box and dots for every cell with numbers, dots coloured by a group of prompts. */
export function boxFigure(
  { prompts }: RobustnessData,
  cells: readonly (CellSummary | CellWithout)[],
  scale: ScoreScale,
  group?: string,
): PageFigure {
  const shown = cells.filter((cell): cell is CellSummary => cell.applicable);
  const named = shown.length * scale.prompts.length <= mostNamed;
  const rows = shown.map(
    (cell): BoxCell => ({
      label: cell.label,
      values: cell.scores,
      ...(named ? { names: scale.prompts.map((i) => prompts[i]!.id) } : {}),
      ...(group === undefined
        ? {}
        : { groups: scale.prompts.map((i) => own(prompts[i]!.groups, group) ?? "none") }),
      controls: controlsOf(cell),
      highlighted: cell.original,
      note: cell.reading,
    }),
  );
  const isShare = scale.kind === "recovered";
  const options = {
    title: group === undefined ? "Score by cell" : `Score by cell and ${group}`,
    format: (score: number) => tickText(score, scale),
    axisTitle: isShare ? `${scale.metric} recovered, % of the model's` : scale.metric,
    highlightLabel: "the author's cell",
    ...(isShare ? { references: [{ value: 0 }, { value: 100 }], domain: domainOf(shown) } : {}),
  };
  return figure(
    (width) => boxPlots({ cells: rows }, { ...options, width }),
    group === undefined ? undefined : `Dots by ${group}.`,
  );
}

/** The circuit, with fewer edges on a phone. */
export function circuitFigure(circuit: Circuit, scores?: CircuitScores): PageFigure {
  return figure((width) => drawCircuit(circuit, { title: circuit.name, scores, width }));
}

/** Largest and median change of the score along each axis, the most important first. */
export function sensitivityFigure(
  { axes }: Sensitivity,
  labels: readonly string[],
  scale: ScoreScale,
): PageFigure | undefined {
  const moved = axes
    .filter(({ change }) => change !== undefined)
    .sort((a, b) => b.change!.max - a.change!.max);
  if (moved.length === 0) return undefined;
  const data = {
    labels: moved.map(({ axis }) => axis),
    largest: moved.map(({ change }) => change!.max),
    median: moved.map(({ change }) => change!.median),
    details: moved.map(({ change }) => change!.between.map((i) => labels[i]).join(" / ")),
  };
  return figure((width) =>
    sensitivityBars(data, {
      title: "Change of the median score when one choice changes",
      format: (change: number) => changeText(change, scale),
      width,
    }),
  );
}

/** Score over the number of prompts in the mean, with the range over draws. */
export function meanSetFigure(points: readonly MeanSetPoint[], label: string, scale: ScoreScale) {
  const series = {
    label,
    x: points.map(({ size }) => size),
    y: points.map(({ score }) => score),
    lower: points.map(({ low }) => low),
    upper: points.map(({ high }) => high),
  };
  const options = {
    title: "Median score by the number of prompts in the mean",
    xScale: "log" as const,
    xTitle: "prompts in each mean",
    yTitle: scale.kind === "recovered" ? `${scale.metric} recovered` : scale.metric,
    yFormat: (score: number) => tickText(score, scale),
  };
  return {
    svg: curve({ series: [series] }, options),
    narrow: curve({ series: [series] }, { ...options, width: phone }),
  };
}

/** The ends of a run that is repaired are another thing than those of one that is broken: means do not make it clean. */
function controlsOf({ full, empty, random, levels }: CellSummary) {
  const repaired = levels.direction === "restore clean";
  const [top, bottom] = repaired
    ? ["everything restored", "nothing restored"]
    : ["full model", "everything ablated"];
  return [
    ...(full === undefined ? [] : [{ label: top!, value: full }]),
    ...(empty === undefined ? [] : [{ label: bottom!, value: empty }]),
    ...(random
      ? [
          {
            label: `${random.count} random circuits, 5 % to 95 %`,
            value: random.median,
            low: random.low,
            high: random.high,
          },
        ]
      : []),
  ];
}

/** All whiskers, 0 and 100 %, but never much more than can be told apart. */
function domainOf(cells: readonly CellSummary[]): readonly [number, number] {
  const all = cells.flatMap(({ scores, full = 100, empty = 0, random }) => [
    ...scores,
    full,
    empty,
    ...(random ? [random.low, random.high] : []),
  ]);
  const low = Math.max(farthest.low, Math.min(0, ...all));
  const high = Math.min(farthest.high, Math.max(100, ...all));
  return [10 * Math.floor(low / 10), 10 * Math.ceil(high / 10)];
}
