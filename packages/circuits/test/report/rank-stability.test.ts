import { expect, test } from "vitest";
import type { CellData, RunData } from "../../src/report/data";
import { rankStability } from "../../src/report/rank-stability";
import { RobustnessReport } from "../../src/report/robustness-report";
import { plantedReport, someReport } from "./planted-report";

/** The report with other values of the main metric in its two cells that apply first. */
function scored(report: RobustnessReport, name: string, scores: readonly number[]) {
  const { data } = report;
  let next = 0;
  const cells = data.cells.map((cell): CellData => {
    if (!cell.run.applicable) return cell;
    const value = scores[next++];
    if (value === undefined) return { ...cell, run: { applicable: false, reason: "left out" } };
    const circuit = { ...cell.run.circuit, "logit-difference": [value, value] };
    return { ...cell, run: { ...cell.run, circuit } as RunData };
  });
  return new RobustnessReport({ ...data, cells, circuit: { ...data.circuit, name } });
}

test("circuits that two cells put in opposite order are named", async () => {
  const report = await plantedReport();
  const three = [
    scored(report, "x", [1, 2]),
    scored(report, "y", [2, 1]),
    scored(report, "z", [3, 3]),
  ];
  // Of the pairs xy, xz and yz two agree and one does not: tau is (2 - 1) / 3.
  const [agreement, ...others] = rankStability(three);
  expect(others).toEqual([]);
  expect(agreement!.tau).toBeCloseTo(1 / 3, 12);
  expect(agreement!.flipped).toEqual([["x", "y"]]);
});

test("reports that cannot be compared are errors", async () => {
  const report = await plantedReport();
  expect(() => rankStability([report])).toThrow("rankStability: expected 2 reports or more, got 1");
  const other = await someReport();
  expect(() => rankStability([report, other])).toThrow(
    'rankStability: reports on different tasks: "planted-over-faithful" and "some"',
  );
  const judged = await plantedReport({ metrics: ["kl"] });
  expect(() => rankStability([report, judged])).toThrow(
    "rankStability: reports on different metrics: logit-difference and kl",
  );
});
