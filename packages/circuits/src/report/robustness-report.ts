/** @file A robustness report: findings, as data and as one page. */

import type { PageSection } from "@diopter/plot";
import { brief, checkOptions, counted, oneLine } from "@diopter/tensor";
import type { RobustnessData } from "./data";
import type { CircuitScores } from "./draw-circuit";
import { Findings } from "./findings";
import { reportPage, reportSections } from "./page";
import { csvOf, type ReportRow, rowsOf } from "./rows";
import { medianOf, runScores, tickText } from "./score-scale";

export interface PageOptions {
  /** Of the circuit's elements, such as `attributeEdges` gives. */
  readonly scores?: CircuitScores | undefined;
}

/**
 * How a circuit's faithfulness moves with the ablation; made by `robustness`, or read from its JSON.
 *
 * Scores are percent of the model's value by prompt; where the metric has no such share, its values.
 */
export class RobustnessReport extends Findings {
  /** The report that `toJSON` wrote. Throws `TypeError` or `RangeError` for something else. */
  static fromJSON(json: unknown): RobustnessReport {
    const { kind, schema } = (json ?? {}) as Partial<RobustnessData>;
    if (kind !== "diopter/robustness")
      throw new TypeError(
        `robustness: kind is ${JSON.stringify(kind)}, expected "diopter/robustness"`,
      );
    if (schema !== 1) throw new RangeError(`robustness: schema ${schema}, expected 1`);
    return new RobustnessReport(json as RobustnessData);
  }

  /** One record per prompt, run and metric. */
  toRows(): ReportRow[] {
    return rowsOf(this.data);
  }

  toCSV(): string {
    return csvOf(this.toRows());
  }

  /** Everything measured; what depends on when it ran is under `run` alone. */
  toJSON(): RobustnessData {
    return this.data;
  }

  /** One page that needs no network; with scores of the circuit's elements its edges are drawn as wide. */
  toHTML(options: PageOptions = {}): string {
    checkOptions("RobustnessReport.toHTML", options, { scores: "optional" });
    return reportPage(this, options.scores);
  }

  /** The sections of that page, for a page of one's own. @example page({ title, sections: report.toSections() }) */
  toSections(options: PageOptions = {}): PageSection[] {
    checkOptions("RobustnessReport.toSections", options, { scores: "optional" });
    return reportSections(this, options.scores);
  }

  /** Circuit, task, size and the median score as specified, on one line. */
  override toString(): string {
    const { circuit, task, cells, prompts } = this.data;
    const of = `${brief(circuit.name, 30)} on ${brief(task.name, 25)}`;
    const size = `${counted(cells.length, "cell")}, ${counted(prompts.length, "prompt")}`;
    const run = cells[0]?.run;
    const scores = run?.applicable ? runScores(run, this.scale) : [];
    const median = scores.length && !scores.some(Number.isNaN) ? medianOf(scores) : undefined;
    const score = median === undefined ? "" : `, ${tickText(median, this.scale)} as specified`;
    return oneLine(`RobustnessReport of ${of}: ${size}${score}`);
  }
}
