import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Circuit, EdgeGraph, knownCircuit, Scores } from "@diopter/circuits";
import { expect, test } from "vitest";
import { diopter, temporaryFolder } from "../capture";

const shape = new EdgeGraph(knownCircuit("docstring-24").shape).shape;
const circuit = Circuit.ofEdges(shape, ["input->a0.h1<q>", "a0.h1->logits"], {
  name: "toy",
  version: "1",
});

/** A folder with the circuit and scores of all edges, those of the circuit by their order. */
function written(): string {
  const cwd = temporaryFolder();
  const values = new Float64Array(circuit.graph.edgeCount);
  for (const [i, { name }] of circuit.elements.entries())
    values[circuit.graph.edge(name)] = [0.5, -2][i]!;
  const record = {
    method: "by hand",
    options: {},
    passes: { forward: 0, backward: 0 },
    prompts: 0,
    milliseconds: 0,
  };
  const scores = new Scores(circuit.graph, "edge", values, record);
  writeFileSync(join(cwd, "c.json"), JSON.stringify(circuit.toJSON()));
  writeFileSync(join(cwd, "s.json"), JSON.stringify(scores.toJSON()));
  return cwd;
}

test("the elements with their scores, as a table and as CSV", async () => {
  const cwd = written();
  const run = ["circuit", "draw", "c.json", "--scores", "s.json"];
  const { code, out, err } = await diopter(run, { cwd });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(
    "toy: 2 edges\n\nedge             score\ninput->a0.h1<q>    0.5\na0.h1->logits     -2.0\n",
  );
  await diopter([...run, "--out", "t.csv"], { cwd });
  expect(readFileSync(join(cwd, "t.csv"), "utf8")).toBe(
    "edge,score\ninput->a0.h1<q>,0.5\na0.h1->logits,-2",
  );
});

test("the picture names every node, and the page holds it", async () => {
  const cwd = written();
  const run = ["circuit", "draw", "c.json", "--scores", "s.json", "--out"];
  for (const file of ["a.svg", "b.html"])
    expect((await diopter([...run, file], { cwd })).code).toBe(0);
  const svg = readFileSync(join(cwd, "a.svg"), "utf8");
  for (const node of ["input", "a0.h1", "logits", "toy: 2 edges"]) expect(svg).toContain(node);
  expect(readFileSync(join(cwd, "b.html"), "utf8")).toContain(svg.trim());
});

test("published circuits are drawn by id, positions included", async () => {
  const { out } = await diopter(["circuit", "draw", "docstring-34-positions"]);
  expect(out).toMatch(/^docstring: 23 edges\n\nedge +at\n\S+ +B_def/);
  const { code, err } = await diopter(["circuit", "draw", "docstring-42"]);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/^circuit: no known circuit "docstring-42"; did you mean/),
  ]);
});
