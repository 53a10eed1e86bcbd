/** @file A reproduced experiment beside what the paper found, as text and as a page. */

import type {
  DocstringReproduction,
  IoiReproduction,
  SportsReproduction,
  TracrPanel,
  TracrReproduction,
} from "@diopter/circuits/reproduce";
import type { Provenance } from "@diopter/model";
import { type PageSection, page, roc } from "@diopter/plot";
import { provenanceSection } from "../provenance-section";
import { type Cell, table } from "../table";

export type Reproduction =
  | TracrReproduction
  | IoiReproduction
  | DocstringReproduction
  | SportsReproduction;

/** A named table: column heads and rows. */
interface Listed {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** All tables for a terminal. */
export function reproducedText(result: Reproduction): string {
  return listsOf(result)
    .map(({ title, head, rows }) => `${title}\n${table(head, rows)}`)
    .join("\n");
}

/** One page with the tables, and the ROC panels of Tracr. */
export function reproducedPage(result: Reproduction, provenance: Provenance): string {
  const tables = listsOf(result).map(({ title, head, rows }) => ({
    heading: title,
    table: rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""]))),
  }));
  const panels = result.kind === "diopter/reproduce-tracr" ? result.panels.map(panelSection) : [];
  return page({
    title: `Reproduced: ${result.kind.replace("diopter/reproduce-", "")} (Miller et al. 2024)`,
    sections: [...tables, ...panels, provenanceSection(provenance)],
  });
}

function listsOf(result: Reproduction): Listed[] {
  switch (result.kind) {
    case "diopter/reproduce-tracr":
      return tracrLists(result);
    case "diopter/reproduce-ioi":
      return ioiLists(result);
    case "diopter/reproduce-docstring":
      return docstringLists(result);
    case "diopter/reproduce-sports":
      return sportsLists(result);
  }
}

function tracrLists({ kept, panels }: TracrReproduction): Listed[] {
  return [
    {
      title: "Output with only these edges kept, all others resampled",
      head: ["program", "truth for", "edges", "sequences", "distance", "largest"],
      rows: kept.map(({ program, truth, edges, sequences, distance, largest }) => [
        ...[program, truth, edges, sequences, distance],
        largest.toExponential(1),
      ]),
    },
    {
      title: "Searches that resample, held to the truth for resampling and to that for zeroing",
      head: ["program", "search", "truth for", "method", "AUROC", "TPR before the end"],
      rows: panels.flatMap(({ program, search, truth, curves }) =>
        curves.map(({ method, auroc, plateau }) => [
          ...[program, search, truth, method],
          auroc.toFixed(3),
          plateau.toFixed(2),
        ]),
      ),
    },
  ];
}

function panelSection({ program, search, truth, found, of, curves }: TracrPanel): PageSection {
  return {
    heading: `${program}, ${search}, truth for ${truth} ablation`,
    text: `${found} of ${of} are in the truth. Equal scores are one step, wrong ones first; equal curves lie on one another.`,
    svg: roc(
      {
        curves: curves.map(({ method, points, auroc }) => ({
          label: method,
          fpr: points.map(({ fpr }) => fpr),
          tpr: points.map(({ tpr }) => tpr),
          auroc,
        })),
      },
      { title: "ROC" },
    ),
  };
}

function ioiLists({ prompts, boxes, grid }: IoiReproduction): Listed[] {
  const one = (x: number | undefined) => x?.toFixed(1);
  return [
    {
      title: `Logit difference recovered, in percent, over ${prompts} prompts`,
      head: ["ablation", "Q1", "median", "Q3", "R1", "R2", "paper's median"],
      rows: boxes.map(({ name, quartiles, ratioOfMeans, meanOfRatios, published }) => [
        ...[name, ...quartiles.map(one)],
        ...[one(ratioOfMeans), one(meanOfRatios), one(published)],
      ]),
    },
    {
      title: "Nodes, specific tokens, mean over that many ABC prompts",
      head: ["prompts in the mean", "order", "R1", "paper's R1", "R2", "paper's R2"],
      rows: grid.map(({ size, order, ratioOfMeans, meanOfRatios, published }) => [
        ...[String(size), order, one(ratioOfMeans), one(published?.[0])],
        ...[one(meanOfRatios), one(published?.[1])],
      ]),
    },
  ];
}

function docstringLists({ prompts, prefix, rows }: DocstringReproduction): Listed[] {
  return [
    {
      title: `Percent correct over ${prompts} prompts, the first ${prefix} tokens never replaced`,
      head: ["ablation", "arg-max", "beats listed", "P(answer) Q1", "median", "Q3", "paper's"],
      rows: rows.map(({ name, argMax, beatsListed, probability, published }) => [
        ...[name, argMax.toFixed(1), beatsListed.toFixed(1)],
        ...[...probability.map((p) => p.toFixed(3)), published?.toFixed(1)],
      ]),
    },
  ];
}

function sportsLists({ prompts, rows }: SportsReproduction): Listed[] {
  return [
    {
      title: `Percent of ${prompts} prompts on which the right sport has the largest logit`,
      head: ["ablation", "correct", "paper's"],
      rows: rows.map(({ name, correct, published }) => [
        ...[name, correct.toFixed(1), published?.toFixed(1)],
      ]),
    },
  ];
}
