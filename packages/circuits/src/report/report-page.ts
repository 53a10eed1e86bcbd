/** @file A robustness report as one HTML page. */

import { page } from "@diopter/plot";
import type { Findings } from "./findings";
import { headlineSection } from "./report-headline-section";
import {
  cellsSection,
  checksSection,
  comparisonSection,
  meanSetSection,
  meansSections,
  optionsSection,
  reasonsSection,
  sensitivitySections,
  splitSections,
  tableSection,
  worstSections,
} from "./report-sections";

export function reportPage(report: Findings): string {
  const { data } = report;
  const measured = report.cells.some(({ applicable }) => applicable)
    ? [
        cellsSection(report),
        ...splitSections(report),
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
    ...measured,
    ...reasonsSection(report),
    optionsSection(report),
  ];
  return page({
    title: `Robustness of ${data.circuit.name} on ${data.task.name}`,
    sections: sections.filter((section) => section !== undefined),
  });
}
