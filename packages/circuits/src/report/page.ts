/** @file A robustness report as one HTML page. */

import { type PageFact, type PageSection, page } from "@diopter/plot";
import type { CircuitScores } from "./draw-circuit";
import type { Findings } from "./findings";
import { rangeText } from "./headline";
import { tickText } from "./score-scale";
import {
  cellsSection,
  checksSection,
  circuitSection,
  comparisonSection,
  controlsSection,
  elementsSection,
  meanSetSection,
  meansSections,
  optionsSection,
  reasonsSection,
  sensitivitySections,
  splitSections,
  tableSection,
  worstSections,
} from "./sections";

export function reportPage(report: Findings, scores?: CircuitScores): string {
  const { data } = report;
  return page({
    title: `Robustness of ${data.circuit.name} on ${data.task.name}`,
    sections: reportSections(report, scores),
  });
}

/** What was found first, then the circuit, then everything that it rests on. */
export function reportSections(report: Findings, scores?: CircuitScores): PageSection[] {
  const measured = report.cells.some(({ applicable }) => applicable)
    ? [
        cellsSection(report),
        ...splitSections(report),
        controlsSection(report),
        tableSection(report),
        ...sensitivitySections(report),
        comparisonSection(report),
        ...meanSetSection(report),
        ...worstSections(report),
        checksSection(report),
        ...meansSections(report),
      ]
    : [];
  const sections = [
    headlineSection(report),
    circuitSection(report, scores),
    ...measured,
    ...reasonsSection(report),
    ...elementsSection(report, scores),
    optionsSection(report),
  ];
  return sections.filter((section) => section !== undefined);
}

export function headlineSection({ headline, data, cells, checks, scale }: Findings): PageSection {
  const { original, range, necessity, text } = headline;
  const said = (score: number) => tickText(score, scale);
  const failed = checks.filter(({ passed }) => passed === false).length;
  const held = checks.filter(({ passed }) => passed === true).length;
  const random = original.applicable ? original.random : undefined;
  const facts: (PageFact | undefined)[] = [
    {
      label: "as specified",
      value: original.applicable ? said(original.score) : "does not apply",
      note: original.applicable ? `median, ${original.label}` : original.reason,
    },
    range && {
      label: `range over ${range.cells} cells`,
      value: rangeText(range, scale),
      note: `lowest: ${range.lowCell}; highest: ${range.highCell}`,
    },
    random && {
      label: "connected random circuits of equal size",
      value: `better than ${Number(random.percentile.toFixed(1))} % of ${random.count}`,
      note: `as specified; 5 % to 95 % of them: ${said(random.low)} to ${said(random.high)}`,
    },
    necessity && {
      label: "left when the circuit is ablated",
      value: rangeText(necessity, scale),
      note: `cells that ask whether the circuit is needed: ${necessity.cells}`,
    },
    {
      label: "identities on this run",
      value: failed === 0 ? `${held} hold` : `${failed} FAIL`,
      note: failed === 0 ? "" : "do not trust the numbers below before this is understood",
    },
  ];
  const without = cells.filter(({ applicable }) => !applicable).length;
  const size = original.applicable
    ? `${original.size.kept} of ${original.size.of} ${original.size.component}s`
    : `${data.circuit.elements.length} ${data.circuit.component}s`;
  return {
    heading: "At a glance",
    text: `${text}\n\n${data.prompts.length} prompts, ${size}, ${cells.length} cells${without > 0 ? `, ${without} of them without meaning here` : ""}. ${scaleInWords(scale)}`,
    facts: facts.filter((fact) => fact !== undefined),
  };
}

function scaleInWords({ kind, metric }: Findings["scale"]): string {
  return kind === "recovered"
    ? `A score is the share of the model's own ${metric} that the ablated model has, prompt by prompt; it is never clipped.`
    : `A score is the ${metric} of the ablated model, prompt by prompt.`;
}
