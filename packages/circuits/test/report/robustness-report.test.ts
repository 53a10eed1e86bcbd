import { expect, test } from "vitest";
import type { CellData } from "../../src/report/data";
import { RobustnessReport } from "../../src/report/robustness-report";
import { plantedReport, someReport } from "./planted-report";

test("sensitivity is the change of medians between cells that differ in one choice", async () => {
  const report = await someReport();
  const found = report.sensitivity()!;
  expect(found.axes.map(({ axis }) => axis)).toEqual(["component", "value", "tokens"]);
  const medians = report.cells.map((cell) => (cell.applicable ? cell.score : Number.NaN));
  // Cells are edge then node, resample then mean, specific then all: 4 apart are the pairs in component.
  const changes = [0, 1, 2, 3].map((i) => Math.abs(medians[i]! - medians[i + 4]!));
  expect(report.cells.slice(0, 4).every(({ levels }) => levels.component === "edge")).toBe(true);
  expect(found.axes[0]!.change!.max).toBeCloseTo(Math.max(...changes), 9);
  const shares = found.axes.map(({ varianceShare }) => varianceShare);
  expect(shares.reduce((sum, share) => sum + share, found.interactions)).toBeCloseTo(1, 9);
});

test("comparisons are on the same prompts, corrected by Holm over those shown", async () => {
  const report = await someReport();
  const own = report.comparisons();
  expect(own.length).toBe(7);
  expect(own.every(({ b }) => b === report.cells[0]!.label)).toBe(true);
  expect(report.comparisons({ pairs: "all" }).length).toBe(28);
  const [first, second] = report.cells;
  if (!first?.applicable || !second?.applicable) throw new Error("no cells");
  const differences = second.scores.map((score, i) => score - first.scores[i]!);
  const mean = differences.reduce((sum, d) => sum + d, 0) / 4;
  expect(own[0]!.difference.mean.estimate).toBeCloseTo(mean, 9);
  expect(own[0]!.unit).toBe("cluster");
  for (const one of own) {
    expect(one.holm.permutation).toBeGreaterThanOrEqual(one.permutation.p);
    expect(one.holm.permutation).toBeLessThanOrEqual(Math.min(1, 7 * one.permutation.p));
  }
});

test("without clusters prompts are tested, and the smallest of three p values counts three times", async () => {
  const report = await someReport({ cluster: "none" });
  const data = {
    ...report.data,
    cells: report.data.cells.slice(0, 4).map((cell, i): CellData => {
      if (!cell.run.applicable) throw new Error(cell.run.reason);
      const model = { ...cell.run.model, "logit-difference": [1, 1, 1, 1] };
      // Differences of one sign in the second cell; of both in the others.
      const values = [
        [1, 1, 1, 1],
        [2, 3, 4, 5],
        [2, 0, 3, 0],
        [0, 2, 0, 3],
      ][i]!;
      const circuit = { ...cell.run.circuit, "logit-difference": values };
      return { ...cell, run: { ...cell.run, circuit, model } };
    }),
  };
  const own = new RobustnessReport(data).comparisons();
  expect(own.map(({ unit }) => unit)).toEqual(["prompt", "prompt", "prompt"]);
  // Four differences of one sign: 2 of 16 sign patterns are as far from 0.
  for (const test of ["permutation", "wilcoxon"] as const) {
    expect(own[0]![test].p).toBe(2 / 16);
    expect(own[0]!.holm[test]).toBe(6 / 16);
  }
});

test("splits give medians of the prompts of each part", async () => {
  const report = await someReport();
  expect(report.groups).toEqual(["template", "order"]);
  const [cell] = report.cells;
  if (!cell?.applicable) throw new Error("no cell");
  const rows = report.split("order").filter((row) => row.cell === cell.label);
  const [a, b, c, d] = cell.scores as [number, number, number, number];
  expect(rows.map(({ part, n }) => `${part} ${n}`)).toEqual(["ABBA 2", "BABA 2"]);
  expect(rows[0]!.median).toBeCloseTo((a + c) / 2, 9);
  expect(rows[1]!.median).toBeCloseTo((b + d) / 2, 9);
});

test("the worst prompts are those with the largest KL, and pairs say what was put in", async () => {
  const report = await someReport();
  const { run } = report.data.cells[0]!;
  if (!run.applicable) throw new Error(run.reason);
  const worst = report.worstPrompts(2);
  const sorted = [...run.circuit.kl!].sort((a, b) => b - a);
  expect(worst.map(({ distance }) => distance)).toEqual(sorted.slice(0, 2));
  const [{ prompt, replacement }] = worst as [(typeof worst)[0]];
  expect(replacement).toBe(prompt.corrupt.other);
  const pairs = report.worstPairs(32);
  expect(pairs.length).toBe(32);
  expect(pairs.some((pair) => pair.replacement === "corrupt mean by template")).toBe(true);
});

test("the mean-set curve has the spread over draws of each size", async () => {
  const report = await someReport({ meanSetSizes: [2], meanSetDraws: 4 });
  const [point] = report.meanSetCurve();
  // Two of two prompts of each template are the whole set, so every draw is the grid's own mean cell.
  const whole = report.cells.find(({ label }) =>
    label.includes("corrupt mean by template, specific"),
  );
  if (!whole?.applicable) throw new Error("no such cell");
  expect(point).toMatchObject({ size: 2, draws: 4 });
  expect(point!.score).toBeCloseTo(whole.score, 6);
  expect(point!.high - point!.low).toBeLessThan(1e-6);
  expect((await someReport()).meanSetCurve()).toEqual([]);
});

test("a report reads back from its JSON and says the same", async () => {
  const report = await someReport({ randomCircuits: 5 });
  const read = RobustnessReport.fromJSON(JSON.parse(JSON.stringify(report)));
  expect(read.headline).toEqual(report.headline);
  expect(read.toHTML()).toBe(report.toHTML());
  expect(read.toCSV()).toBe(report.toCSV());
  expect(() => RobustnessReport.fromJSON({ kind: "other" })).toThrow(
    'robustness: kind is "other", expected "diopter/robustness"',
  );
  expect(() => RobustnessReport.fromJSON({ kind: "diopter/robustness", schema: 2 })).toThrow(
    "robustness: schema 2, expected 1",
  );
  expect(() => RobustnessReport.fromJSON(null)).toThrow(TypeError);
});

test("the page has everything that a reader asks for and nothing from the network", async () => {
  const report = await plantedReport({ preset: "quick", randomCircuits: 5, meanSetSizes: [2] });
  const html = report.toHTML();
  for (const text of [
    "Robustness of planted on planted-over-faithful",
    "range over 12 cells",
    "everything ablated",
    "nothing restored",
    "5 connected random circuits",
    "the author&#39;s cell",
    "Which choice matters",
    "Worst prompts",
    "Consistency",
    "names no positions",
    "How many prompts the mean needs",
  ])
    expect(html.replaceAll("&#x27;", "&#39;").replaceAll("'", "&#39;")).toContain(text);
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  expect(html.match(/<svg/g)!.length).toBeGreaterThanOrEqual(5);
});

test("the page draws the circuit for screens and phones, and lists every element with its score", async () => {
  const report = await someReport();
  const names = report.data.circuit.elements.map((element) =>
    typeof element === "string" ? element : element.name,
  );
  const scores = { of: (name: string) => 0.125 * (names.indexOf(name) + 1) };
  const sections = report.toSections({ scores });
  expect(sections.slice(0, 2).map(({ heading }) => heading)).toEqual([
    "At a glance",
    "The circuit",
  ]);
  const [figure] = sections[1]!.figures!;
  for (const svg of [figure!.svg, figure!.narrow!]) {
    expect(svg).toContain(`${names.length} nodes, ${names.length} edges; `);
    expect(svg).toContain(": 0.25, at ");
  }
  const every = sections.find(({ heading }) => heading === "Every edge of the circuit");
  expect(every!.table!.map(({ edge, score }) => [edge, score])).toEqual(
    names.map((name) => [name, scores.of(name)]),
  );
  expect(report.toHTML({ scores })).toContain(figure!.svg);
  expect(() => report.toHTML({ score: scores } as never)).toThrow(/unknown option "score"|scores/);
});

test("markup in names of prompts, groups and circuits stays text", async () => {
  const report = await someReport();
  const evil = "<img src=x onerror=alert(1)>";
  const { data } = report;
  const prompts = data.prompts.map((prompt) => ({
    ...prompt,
    id: evil,
    clean: evil,
    groups: { order: `${evil}${prompt.id}` },
  }));
  const html = new RobustnessReport({
    ...data,
    prompts,
    circuit: { ...data.circuit, name: evil },
  }).toHTML();
  expect(html).not.toContain("<img");
});
