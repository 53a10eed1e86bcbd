import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  DocstringReproduction,
  IoiReproduction,
  TracrReproduction,
} from "@diopter/circuits/reproduce";
import { ioiNames, ioiObjects, ioiPlaces, ioiTemplates } from "@diopter/circuits/tasks";
import { expect, test } from "vitest";
import { diopter, temporaryFolder } from "../capture";
import { writeRandomFolder } from "../circuit/random-folder";

const docstringWords = (
  '(self ): :param def , " : ( ) load save parse size count index color path mode name value node ' +
  "parent child label width tree river stone cloud bridge window mirror basket hammer"
).split(" ");

test("tracr needs nothing, and its page has a panel for each program, search and truth", async () => {
  const cwd = temporaryFolder();
  const argv = ["reproduce", "tracr", "--n", "8", "--json", "--out", "tracr.html"];
  const { code, out, err } = await diopter(argv, { cwd });
  expect([code, err]).toEqual([0, `wrote ${join(cwd, "tracr.html")}\n`]);
  const { kept, panels }: TracrReproduction = JSON.parse(out);
  expect(kept.map(({ sequences }) => sequences)).toEqual([243, 243, 1024, 1024]);
  const edges = panels.filter(({ search, truth }) => search === "edges" && truth === "resample");
  expect(edges.flatMap(({ curves }) => curves.map(({ auroc }) => auroc))).toEqual([
    ...[1, 1, 1],
    ...[1, 1, 1],
  ]);
  const html = readFileSync(join(cwd, "tracr.html"), "utf8");
  expect(html.match(/<svg /g)).toHaveLength(12);
});

test("ioi runs a model of GPT-2 small's shape over fifteen templates in both orders", async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "m"));
  const slots = /\{\w+\}/g;
  const texts = ioiTemplates.map((template) => template.replace(slots, " "));
  const said = texts.flatMap((text) => text.match(/\w+|[^\w\s]/g) ?? []);
  const words = [...ioiNames, ...ioiObjects, ...ioiPlaces, ...said, "the"];
  writeRandomFolder(join(cwd, "m"), { nLayers: 12, nHeads: 12, attnOnly: false, words });
  const argv = ["reproduce", "ioi", "--model", "m", "--n", "2", "--json"];
  const { code, out, err } = await diopter(argv, { cwd });
  expect([code, err]).toEqual([0, ""]);
  const { prompts, processing, boxes, grid }: IoiReproduction = JSON.parse(out);
  expect(prompts).toBe(2 * 15 * 2);
  expect(processing).toEqual(["foldLayerNorm", "centerWritingWeights"]);
  expect(boxes.map(({ cell }) => cell.prompts.length)).toEqual(Array.from({ length: 8 }, () => 60));
  // Of the paper's sizes only 2 is not more than the prompts of a group.
  expect(grid.map(({ size, order }) => `${size} ${order}`)).toEqual([
    ...["2 ABBA", "2 BABA", "2 average"],
  ]);
});

test("docstring runs a model of the paper's shape, beside what the paper found", async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "m"));
  const shape = { nLayers: 4, nHeads: 8, attnOnly: true, words: docstringWords };
  writeRandomFolder(join(cwd, "m"), shape);
  const argv = ["reproduce", "docstring", "--model", "m", "--n", "3"];
  const { code, out, err } = await diopter(argv, { cwd });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^Percent correct over 3 prompts, the first \d+ tokens never replaced\n/);
  expect(out).toMatch(/\nnodes, resample, all tokens .* 58\.0\n/);
  const { rows }: DocstringReproduction = JSON.parse(
    (await diopter([...argv, "--json"], { cwd })).out,
  );
  expect(rows).toHaveLength(1 + 8);
});

test("a model of another shape than the circuit's is refused", async () => {
  const cwd = temporaryFolder();
  const argv = ["reproduce", "docstring", "--model", "world-causal", "--n", "2"];
  const { code, err } = await diopter(argv, { cwd });
  expect(code).toBe(1);
  expect(err).toMatch(/^(docstring: |circuit "docstring" is for )/);
});

test("players are read from a list", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "p.json"), JSON.stringify([{ name: "Ann Bo Cy", sport: "golf" }]));
  const argv = ["reproduce", "sports", "--model", "world-causal", "--players", "p.json"];
  const { code, err } = await diopter(argv, { cwd });
  expect(code).toBe(1);
  expect(err).toMatch(/p\.json: sports: 0 of 1 players have names of 3 tokens/);
});

test.each([
  [["tracer"], 'reproduce: no experiment "tracer"; did you mean "tracr"?'],
  [["ioi"], "reproduce: ioi needs --model, the folder of a checkpoint"],
  [["tracr", "--model", "m"], "reproduce: tracr has its own models, so --model cannot go with it"],
  [["sports", "--model", "m"], "reproduce: sports needs --players, a .json file"],
  [
    ["ioi", "--model", "m", "--players", "p.json"],
    "reproduce: ioi has no players, so --players cannot go with it",
  ],
  [
    ["tracr", "--out", "a.svg"],
    'reproduce: --out is "a.svg", expected a name that ends in .html or .json',
  ],
])("%j makes no sense", async (options, message) => {
  expect(await diopter(["reproduce", ...options])).toEqual({
    code: 2,
    out: "",
    err: `${message}\n`,
  });
});
