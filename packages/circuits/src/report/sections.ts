/** @file The sections of a robustness page below its headline. */

import type { PageSection } from "@diopter/plot";
import { Circuit } from "../graph/circuit";
import { own } from "../schema/schema";
import type { CircuitScores } from "./draw-circuit";
import { boxFigure, circuitFigure, meanSetFigure, sensitivityFigure } from "./figures";
import type { Findings } from "./findings";
import {
  basisTable,
  checksTable,
  comparisonTable,
  controlsTable,
  meansTable,
  optionsTable,
  reasonsTable,
  scoreTable,
  sensitivityTable,
  splitTable,
} from "./tables";
import { distanceName, worstText } from "./worst-prompts";

/** More parts than these are a table and no colours. */
const mostColours = 10;

export function cellsSection({ data, cells, scale, groups }: Findings): PageSection {
  const order = groups.find((group) => group === "order" && partsOf(data, group) <= mostColours);
  return {
    heading: "Every cell, every prompt",
    text: "One row for each combination of choices, one dot for each prompt.",
    figures: [boxFigure(data, cells, scale, order)],
  };
}

export function splitSections(report: Findings): PageSection[] {
  const { data, cells, scale, groups } = report;
  return groups.flatMap((group) => {
    const parts = partsOf(data, group);
    if (parts > mostColours) return [];
    return [
      {
        heading: `By ${group}`,
        text: `Median score of the prompts of each ${group}, whose number is in brackets.`,
        ...(group === "order" ? {} : { figures: [boxFigure(data, cells, scale, group)] }),
        table: splitTable(report.split(group), scale),
        folded: group !== "order",
      },
    ];
  });
}

export function tableSection({ cells, data, scale }: Findings): PageSection {
  const { options } = data;
  const percent = Number((100 * options.level).toFixed(1));
  const found = cells.flatMap((cell) =>
    cell.applicable && cell.intervals ? [cell.intervals] : [],
  );
  const note = found[0]?.note;
  const unit =
    found[0]?.clusters === undefined
      ? "prompts"
      : `whole ${options.cluster}s (${found[0].clusters})`;
  const shares =
    scale.kind === "recovered"
      ? " R1 is the ratio of means, R2 the mean of ratios: their difference is minus the covariance of a prompt's ratio with the model's value, over the mean of that value. f is R1's place between this cell's empty circuit (0) and the model (1)."
      : " f is the mean's place between this cell's empty circuit (0) and the model (1).";
  return {
    heading: "Averages",
    text: `${percent} % intervals by the bootstrap over ${unit}, ${options.resamples} resamples.${note ? ` Mind: ${note}.` : ""}${shares}`,
    table: scoreTable(cells, scale),
    formats: { f: ".3f" },
  };
}

export function controlsSection(report: Findings): PageSection {
  return {
    heading: "Controls",
    text: "What the circuit is compared with in the cell that it was specified in, and what each can show. A circuit that does no better than a control has not been shown to be what the control is not.",
    table: controlsTable(report.cells[0]!, report.data, report.scale),
  };
}

export function sensitivitySections(report: Findings): PageSection[] {
  const { cells, scale } = report;
  const about = (asks: "sufficiency" | undefined, heading: string): PageSection[] => {
    const found = report.sensitivity({ asks });
    if (!found || found.axes.length === 0) return [];
    const labels = cells
      .filter((cell) => cell.applicable && (asks === undefined || cell.asks === asks))
      .map(({ label }) => label);
    const figure = sensitivityFigure(found, labels, scale);
    return [
      {
        heading,
        text: "Change of the median score between cells that differ in one choice only, and the share of the variance of cell medians that each choice explains.",
        ...(figure ? { figures: [figure] } : {}),
        table: sensitivityTable(found, scale),
        formats: { "variance share": ".1%" },
        folded: asks === undefined,
      },
    ];
  };
  const hasBoth = new Set(cells.filter((c) => c.applicable).map(({ asks }) => asks)).size > 1;
  return [
    ...about("sufficiency", "Which choice matters"),
    ...(hasBoth ? about(undefined, "Which choice matters, necessity included") : []),
  ];
}

export function comparisonSection(report: Findings): PageSection | undefined {
  const comparisons = report.comparisons();
  if (comparisons.length === 0) return undefined;
  const { unit } = comparisons[0]!;
  return {
    heading: "Against the author's cell",
    text: `Differences on the same prompts, in the unit of the scores; tests take a ${unit} as one observation, and Holm's correction is over the ${comparisons.length} comparisons shown.`,
    table: comparisonTable(comparisons, report.scale),
  };
}

export function meanSetSection(report: Findings): PageSection[] {
  const points = report.meanSetCurve();
  const { meanSets } = report.data;
  if (!meanSets || points.length === 0) return [];
  const failed = meanSets.points.reduce((sum, point) => sum + point.failed, 0);
  return [
    {
      heading: "How many prompts the mean needs",
      text: `The author's cell with the mean of a few corrupt prompts as its value: the line is the mean of ${report.data.options.meanSetDraws} draws of each size, the band goes from the lowest to the highest.${failed > 0 ? ` Draws that could not be run, such as of prompts that do not vary: ${failed}.` : ""}`,
      figures: [meanSetFigure(points, "median score", report.scale)],
    },
  ];
}

export function worstSections(report: Findings): (PageSection | undefined)[] {
  const distance = distanceName(report.data);
  const own = report.worstPrompts();
  return [
    own.length === 0
      ? undefined
      : {
          heading: "Worst prompts",
          text: `Farthest from the model in the author's cell, by ${distance}: distance, score, prompt.`,
          preformatted: worstText(own, report.scale),
          folded: true,
        },
    {
      heading: "Worst pairs of prompt and replacement",
      text: `Farthest from the model over all cells that ask whether the circuit is enough, by ${distance}.`,
      preformatted: worstText(report.worstPairs(), report.scale),
      folded: true,
    },
  ];
}

export function checksSection({ checks }: Findings): PageSection {
  const failed = checks.some(({ passed }) => passed === false);
  return {
    heading: "Consistency",
    text: "Identities that hold exactly in theory, evaluated on this very run. Logits are compared through their products with three fixed random directions, the full model's one by one.",
    table: checksTable(checks),
    formats: { residual: ".1e", tolerance: ".1e" },
    folded: !failed,
  };
}

export function meansSections({ cells, data, scale }: Findings): PageSection[] {
  return [
    {
      heading: "All metrics",
      text: "Means over prompts.",
      table: meansTable(cells, data),
      folded: true,
    },
    {
      heading: "What the numbers rest on",
      text: "Intervals by the delta method; prompts on which the model's own value is not positive, is tiny (below a tenth of the median), or is 0 and gives no ratio; the mean value of the empty circuit; what was kept.",
      table: basisTable(cells, scale),
      folded: true,
    },
  ];
}

export function reasonsSection({ cells }: Findings): PageSection[] {
  const table = reasonsTable(cells);
  if (table.length === 0) return [];
  return [{ heading: "Cells without meaning", table, folded: table.length > 3 }];
}

export function optionsSection({ data }: Findings): PageSection {
  return { heading: "Options and provenance", table: optionsTable(data), folded: true };
}

function partsOf({ prompts }: Findings["data"], group: string): number {
  return new Set(prompts.map(({ groups }) => own(groups, group) ?? "none")).size;
}

/** What is judged, as a picture. */
export function circuitSection({ data }: Findings, scores?: CircuitScores): PageSection {
  const circuit = Circuit.fromJSON(data.circuit);
  const what = `${circuit.size} ${circuit.component}${circuit.size === 1 ? "" : "s"}`;
  if (circuit.size === 0)
    return { heading: "The circuit", text: "It is empty: everything is ablated." };
  const heads = circuit.component === "edge" && circuit.shape.inputs === "split";
  return {
    heading: "The circuit",
    text: `${what}, layer by layer: information flows upwards, from the input to the logits. ${heads ? "Colours tell queries, keys and values apart. " : ""}${scores ? "The width is the size of the score. " : ""}Hovering names an edge.`,
    figures: [circuitFigure(circuit, scores)],
  };
}

/** What the picture may leave out, in the order of the graph. */
export function elementsSection({ data }: Findings, scores?: CircuitScores): PageSection[] {
  const { component, elements } = Circuit.fromJSON(data.circuit);
  if (elements.length === 0) return [];
  return [
    {
      heading: `Every ${component} of the circuit`,
      table: elements.map(({ name, at }) => ({
        [component]: name,
        ...(at && { at: at.join(", ") }),
        ...(scores && { score: scores.of(name) }),
      })),
      ...(scores && { formats: { score: ".4~g" } }),
      folded: true,
    },
  ];
}
