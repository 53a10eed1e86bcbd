import { expect, test } from "vitest";
import { ablationOf } from "../../src/ablation/ablation";
import { levelsOf } from "../../src/report/cell-words";
import { csvOf, type ReportRow } from "../../src/report/rows";
import { plantedReport, someReport } from "./planted-report";

/** Fields of CSV by RFC 4180. */
function parse(csv: string): string[][] {
  const rows: string[][] = [[]];
  const fields = /(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r\n)/g;
  for (const [, quoted, plain, end] of csv.matchAll(fields)) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

test("there is a row for every prompt, cell, run and metric", async () => {
  const report = await someReport();
  const rows = report.toRows();
  expect(rows.length).toBe(4 * 8 * 3 * 3); // prompts, cells, circuit and its two controls, metrics
  const [cell] = report.data.cells;
  const first = rows.find((row) => row.run === "circuit" && row.metric === "kl")!;
  if (!cell!.run.applicable) throw new Error(cell!.run.reason);
  expect(first).toMatchObject({ prompt: "prompt 0", value: cell!.run.circuit.kl![0], model: 0 });
  expect(first.groups).toEqual({ template: "0", order: "ABBA" });
});

test("CSV reads back as it was, with commas, quotes and line breaks in names", async () => {
  const row: ReportRow = {
    cell: 'mean, "all"',
    run: "circuit",
    prompt: "line\nbreak ",
    groups: { template: "a,b" },
    levels: levelsOf(ablationOf()),
    metric: "kl",
    value: -1.5e-7,
    model: 0,
  };
  const [header, fields] = parse(csvOf([row]));
  const read = Object.fromEntries(header!.map((name, i) => [name, fields![i]]));
  expect(read).toMatchObject({
    cell: 'mean, "all"',
    run: "circuit",
    prompt: "line\nbreak ",
    template: "a,b",
    component: "edge",
    metric: "kl",
    value: "-1.5e-7",
    model: "0",
  });
  const lines = parse((await plantedReport()).toCSV());
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  expect(lines.length).toBe(1 + 2 * 4 * 3 * 3);
});
