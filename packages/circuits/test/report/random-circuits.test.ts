/** @file Random circuits: as large as the circuit, connected to a fixed point, another one for another seed. */

import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { expect, test } from "vitest";
import { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { randomCircuitLike, randomKinds } from "../../src/report/random-circuits";
import { robustness } from "../../src/report/robustness";
import { attnOnly, gqa, ln, manyHeads, parallel } from "../helpers/networks";
import { backupHead } from "../helpers/planted";

const meta = { name: "some", version: "1" };

test.each([ln, gqa, attnOnly, parallel, manyHeads])(
  "of any size, with and without positions, random circuits of $name have the circuit's size and all of them is on a path",
  ({ name, config }) => {
    const graph = new EdgeGraph(shapeOf(config));
    const random = new Random(1).fork(name);
    for (let draw = 0; draw < 24; draw++) {
      const share = random.choice([0.02, 0.1, 0.4]);
      const all = Array.from({ length: graph.edgeCount }, (_, edge) => graph.edgeName(edge));
      const chosen = all.filter((edge) => edge === "input->logits" || random.uniform() < share);
      const positions = draw % 3 === 0 ? ["S", "end"] : undefined;
      const made = Circuit.ofEdges(
        graph.shape,
        chosen.map((edge) => (positions ? { name: edge, at: [random.choice(positions)] } : edge)),
        meta,
      );
      const circuit = made.pruned().circuit;
      for (const kind of randomKinds) {
        const what = `${kind} like ${circuit.size} edges${positions ? " at positions" : ""}`;
        const other = randomCircuitLike(circuit, { kind, seed: draw });
        if (!other) {
          expect(kind, what).toBe("matched");
          continue;
        }
        expect(other.sizeAtPositions, what).toBe(circuit.sizeAtPositions);
        expect(other.pruned().dropped, what).toEqual([]);
        expect(other.hasPositions).toBe(circuit.hasPositions);
        const again = randomCircuitLike(circuit, { kind, seed: draw })!;
        expect(again.elements).toEqual(other.elements);
        if (kind === "matched") expect(kindsOf(other), what).toEqual(kindsOf(circuit));
      }
    }
  },
);

/** How many edges go from each layer and kind to each. */
function kindsOf({ elements }: Circuit): string[] {
  return elements.map(({ name }) => name.replace(/\.(h|kv)\d+/g, "")).sort();
}

test("random nodes keep the embedding of a circuit that has it", () => {
  const nodes = Circuit.ofNodes(shapeOf(ln.config), ["input", "a0.h0", "a1.h2", "m0"], meta);
  for (const kind of randomKinds)
    for (let seed = 0; seed < 10; seed++) {
      const drawn = randomCircuitLike(nodes, { kind, seed })!;
      expect([drawn.size, drawn.has("input")]).toEqual([nodes.size, true]);
    }
});

test("where no head can be exchanged, nothing is matched but the circuit itself", () => {
  const circuit = Circuit.ofEdges(shapeOf(ln.config), ["input->m0", "m0->logits"], meta);
  expect(randomCircuitLike(circuit, { kind: "matched", seed: 0 })).toBeUndefined();
  expect(randomCircuitLike(circuit, { kind: "walk", seed: 0 })?.size).toBe(2);
});

test("a control can win: random circuits beat a wrong circuit, and the planted one is above them", async () => {
  const model = await backupHead.network.load(reference());
  const shape = shapeOf(backupHead.network.config);
  const judged = async (edges: readonly string[]) => {
    const circuit = Circuit.ofEdges(shape, edges, meta);
    const options = { cells: [], randomCircuits: 30, resamples: 20 };
    const report = await robustness(model, backupHead.task, circuit, options);
    const [cell] = report.cells;
    if (!cell?.applicable) throw new Error("no cell");
    return { cell, text: report.headline.text, html: report.toHTML() };
  };
  // Only the first of the two heads of layer 0 writes what the logits read.
  const right = await judged(backupHead.circuit);
  const wrong = await judged(["input->a0.h1<v>", "a0.h1->logits"]);
  const matched = ({ cell }: typeof right) =>
    cell.random!.byKind.find(({ kind }) => kind === "matched")!.percentile;
  expect([matched(right), matched(wrong)]).toEqual([100, 0]);
  expect(right.cell.random!.percentile).toBeGreaterThan(80);
  expect(wrong.cell.random!.percentile).toBeLessThan(50);
  // Not every control is as if everything had been ablated, or nothing could be above it by chance.
  expect(Math.max(...wrong.cell.random!.byKind.map(({ median }) => median))).toBe(100);
  expect(wrong.cell.empty).toBe(-100);
  expect(right.text).toContain("connected random circuits of equal size (100 % of those matched");
  for (const text of [
    "Missing is another task",
    "shuffling the answers of this task changes nothing",
  ])
    expect(right.text).toContain(text);
  expect(right.html).toContain("can show");
});
