import { expect, test } from "vitest";
import { ablationOf } from "../../src/ablation/ablation";
import { controlPlan, controlSpec } from "../../src/report/controls";
import { someCircuit } from "./planted-report";

const { shape, graph } = someCircuit;

test("nothing is replaced in the full control of a broken run, everything in that of a repaired one", () => {
  const full = controlSpec("full", shape, ablationOf({ tokens: "specific", set: "circuit" }));
  expect(full.circuit.size).toBe(graph.edgeCount);
  expect(full.ablation).toMatchObject({ tokens: "all", set: "complement" });
  expect(controlSpec("empty", shape, ablationOf()).circuit.size).toBe(0);
  const repaired = ablationOf({ direction: "restore-clean", component: "node" });
  expect(controlSpec("full", shape, repaired).circuit.size).toBe(0);
  expect(controlSpec("empty", shape, repaired).circuit.size).toBe(graph.sources.length);
});

test("cells that differ in tokens or set share their controls", () => {
  const cells = [
    ablationOf({ tokens: "specific" }),
    ablationOf({ tokens: "all" }),
    ablationOf({ set: "circuit" }),
    ablationOf({ component: "node" }),
    ablationOf({ tokens: [1] }),
  ];
  const { of, specs, roles } = controlPlan(someCircuit, cells);
  expect(of.map(({ full }) => full)).toEqual([0, 0, 0, 2, 4]);
  expect(of.map(({ empty }) => empty)).toEqual([1, 1, 1, 3, 5]);
  expect([specs.length, roles]).toEqual([6, ["full", "empty", "full", "empty", "full", "empty"]]);
});
