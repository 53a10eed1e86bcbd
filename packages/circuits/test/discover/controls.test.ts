/** @file Controls: what they are, and that they repeat. */

import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { magnitudeScores, officialScores, randomScores } from "../../src/discover/controls";
import { Circuit } from "../../src/graph/circuit";
import { shapeOf } from "../../src/graph/shape";
import { microNetwork } from "../helpers/micro-model";
import { ln } from "../helpers/networks";
import { twoPrompts } from "./subject";

test("random scores are those of their seed", () => {
  const shape = shapeOf(ln.config);
  const [a, b] = [randomScores(shape, { seed: 1 }), randomScores(shape, { seed: 1 })];
  expect(a.values).toEqual(b.values);
  expect(randomScores(shape, { seed: 2 }).values).not.toEqual(a.values);
  expect(a.record.seed).toBe(1);
  expect(new Set(a.values).size).toBe(a.graph.edgeCount);
});

test("an official circuit ranks before everything else", () => {
  const edges = ["input->a0.h0<v>", "a0.h0->a1.h1<q>", "m1->logits"];
  const circuit = Circuit.ofEdges(shapeOf(ln.config), edges, { name: "toy", version: "1" });
  const scores = officialScores(circuit);
  expect(scores.top(3).elements.map(({ name }) => name)).toEqual(
    circuit.elements.map(({ name }) => name),
  );
  expect(scores.values.filter((x) => x !== 0)).toHaveLength(3);
});

test("magnitudes are mean norms, or the size of a mean in which signs cancel", async () => {
  const model = await microNetwork.load(reference());
  const prompt = (id: string, token: number) => ({
    id,
    clean: [token],
    corrupt: {},
    answers: [0],
    wrong: [1],
    positions: {},
    groups: {},
  });
  // Token 0 writes (1, 1), token 1 writes (-1, -1); head a0.h1 writes (3, 4) times that: norms sqrt 2 and 5.
  const both = {
    name: "micro",
    version: "1",
    corruptions: [],
    metric: "logit-difference",
    prompts: [prompt("a", 0), prompt("b", 1)],
  };
  const norms = await magnitudeScores(model, both);
  expect(norms.of("input->logits")).toBeCloseTo(Math.SQRT2, 12);
  expect(norms.of("a0.h1->a1.h0<k>")).toBeCloseTo(5, 12);
  const cancelled = await magnitudeScores(model, both, { of: "absolute-mean" });
  expect(cancelled.of("a0.h1->logits")).toBeCloseTo(0, 12);
  const one = { ...both, prompts: both.prompts.slice(1) };
  const means = await magnitudeScores(model, one, { of: "absolute-mean" });
  expect(means.of("a0.h1->logits")).toBeCloseTo(3.5, 12); // |(-3 - 4) / 2|
});

test("magnitudes are the same in any batches", async () => {
  const model = await ln.load(reference());
  const [one, all] = [
    await magnitudeScores(model, twoPrompts, { batchSize: 1 }),
    await magnitudeScores(model, twoPrompts),
  ];
  one.values.forEach((x, edge) => {
    expect(x).toBeCloseTo(all.values[edge]!, 12);
  });
});
