import { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import * as tinyModels from "@diopter/tiny-models";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resample, zero } from "../../src/ablation/ablation";
import { evaluate } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { reproduceTracr, type TracrReproduction } from "../../src/reproduce/tracr";
import { type TracrModels, tracrPrograms } from "../../src/reproduce/tracr-programs";

const runtime = node();
let models: TracrModels;
let found: TracrReproduction;
let parts = 0;

beforeAll(async () => {
  models = {
    reverse: await Model.load(await tinyModels.tracrReverse(), { runtime }),
    xProportion: await Model.load(await tinyModels.tracrXProportion(), { runtime }),
  };
  found = await reproduceTracr(models, { n: 12, seed: 0, onProgress: () => parts++ });
});
afterAll(() => runtime.dispose());

const panel = (program: string, search: string, truth: string) =>
  found.panels.find((p) => p.program === program && p.search === search && p.truth === truth)!;

test("with the circuit kept and all else resampled the output is exact on every sequence", () => {
  expect(found.kept.map(({ truth, edges, sequences }) => [truth, edges, sequences])).toEqual([
    ["resample", 2, 243],
    ["zero", 10, 243],
    ["resample", 3, 1024],
    ["zero", 5, 1024],
  ]);
  for (const { largest } of found.kept) expect(largest).toBeLessThan(1e-10);
});

test("zeroing all else breaks the smaller circuits, not the larger ones", async () => {
  for (const { model, task, distance, truths } of tracrPrograms(models, {})) {
    const options = { metrics: [distance], ablation: { value: zero() } };
    const [small, large] = await Promise.all([
      evaluate(model, task, truths.resample, options),
      evaluate(model, task, truths.zero, options),
    ]);
    if (!small.applicable || !large.applicable) throw new Error("not applicable");
    const largest = ({ prompts }: typeof small) =>
      Math.max(...prompts.map(({ circuit }) => circuit[distance]!));
    expect(largest(small)).toBeGreaterThan(0.1);
    expect(largest(large)).toBeLessThan(1e-10);
  }
});

test("less than the circuit is not enough", async () => {
  for (const { model, task, distance, truths } of tracrPrograms(models, { n: 12 })) {
    for (const { name } of truths.resample.elements) {
      const { shape, elements } = truths.resample;
      const rest = elements.filter((element) => element.name !== name);
      const circuit = Circuit.ofEdges(shape, rest, { name: "less", version: "1" });
      const ran = await evaluate(model, task, circuit, {
        metrics: [distance],
        ablation: { value: resample() },
      });
      if (!ran.applicable) throw new Error(ran.reason);
      expect(Math.max(...ran.prompts.map((p) => p.circuit[distance]!)), name).toBeGreaterThan(0.01);
    }
  }
});

test.each(["acdc", "subnetwork-probing", "hisp"] as const)(
  "%s over edges finds the truth of resampling, and of the truth of zeroing just that part",
  (method) => {
    const curve = (program: string, truth: string) =>
      panel(program, "edges", truth).curves.find((each) => each.method === method)!;
    expect(curve("reverse", "resample").auroc).toBe(1);
    expect(curve("x-proportion", "resample").auroc).toBe(1);
    // 2 of 10 and 3 of 5 edges; the others have one score with everything else, so the curve is flat until the end.
    for (const [program, plateau] of [
      ["reverse", 0.2],
      ["x-proportion", 0.6],
    ] as const) {
      const { points, plateau: found, auroc } = curve(program, "zero");
      expect(found).toBe(plateau);
      expect(auroc).toBeCloseTo(plateau, 12);
      expect(points.at(-2)).toMatchObject({ fpr: 1, tpr: plateau });
    }
  },
);

test("edges that resampling leaves as they are have exactly equal scores, those of the circuit higher ones", () => {
  for (const program of ["reverse", "x-proportion"]) {
    const { curves, found: size } = panel(program, "edges", "resample");
    for (const { scores } of curves) {
      const lowest = Math.min(...scores);
      expect(scores.filter((score) => score > lowest)).toHaveLength(size);
    }
  }
});

test("nodes are found too, but the edges between them are too many", () => {
  for (const program of ["reverse", "x-proportion"]) {
    for (const { auroc } of panel(program, "nodes", "resample").curves) expect(auroc).toBe(1);
    for (const { auroc } of panel(program, "edges of nodes", "resample").curves)
      expect(auroc).toBeLessThan(1);
  }
});

test("there is a panel for each program, search and truth, and progress for each search", () => {
  expect(found.panels).toHaveLength(2 * 3 * 2);
  expect(found.panels.map(({ of }) => of)).toEqual([
    ...[77, 9, 77, 77, 9, 77], // edges, nodes, edges of nodes of reverse
    ...[23, 5, 23, 23, 5, 23],
  ]);
  expect(parts).toBe(2 * 2 * 3);
});
