import { expect, test } from "vitest";
import { type Ablation, ablationOf, zero } from "../../src/ablation/ablation";
import { meanSlots } from "../../src/ablation/mean-slots";
import { gridCells, originalAblation, withoutDuplicates } from "../../src/report/grid";
import { plantedCircuit, plantedTask, someCircuit, someTask } from "./planted-report";

const original = originalAblation(someCircuit);

/** Names of the axes in which two cells differ. */
function differing(a: Ablation, b: Ablation): string[] {
  const axes = Object.keys(a) as (keyof Ablation)[];
  return axes.filter((axis) => JSON.stringify(a[axis]) !== JSON.stringify(b[axis]));
}

test("the author's cell has the component and positions of the circuit, resampled in pairs", () => {
  expect(original).toMatchObject({
    component: "edge",
    granularity: "split",
    tokens: "specific",
    value: { kind: "resample", from: "paired" },
  });
  expect(originalAblation(someCircuit.toNodes().toAllTokens())).toMatchObject({
    component: "node",
    tokens: "all",
  });
  expect(originalAblation(someCircuit, { value: zero() }).value).toEqual({ kind: "zero" });
});

test("miller is 8 cells: nodes and edges, resample and mean, all and specific tokens", () => {
  const cells = gridCells("miller", someTask, original, 0);
  const named = cells.map(({ component, value, tokens }) => `${component} ${value.kind} ${tokens}`);
  expect(new Set(named).size).toBe(8);
  expect(named.length).toBe(8);
  expect(cells[0]).toEqual(original);
  // An author's cell that is not among them comes first, as a ninth.
  const zeroed = gridCells("miller", someTask, { ...original, value: zero() }, 0);
  expect([zeroed.length, zeroed[0]!.value.kind]).toEqual([9, "zero"]);
});

test("full is 216 cells: 2 * 2 * 9 * 2 * 2 * 2 less the 72 node cells that granularity would double", () => {
  const cells = gridCells("full", someTask, original, 3);
  expect(cells.length).toBe(216);
  expect(cells.filter(({ component }) => component === "node").length).toBe(72);
  expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(216);
  const noise = cells.find(({ value }) => value.kind === "noise")!;
  expect(noise.value).toMatchObject({ seed: 3 });
});

test("quick changes one axis at a time, set and direction apart, which change together once", () => {
  const cells = gridCells("quick", someTask, original, 0);
  const changes = cells.slice(1).map((cell) => differing(original, cell).join(" and "));
  expect(changes).toEqual([
    "component",
    ...Array(8).fill("value"),
    "tokens",
    "granularity",
    "direction and set",
    "set",
  ]);
});

test("means keep templates apart, positions where there is one template, spans where lengths differ", () => {
  expect(meanSlots(someTask)).toEqual({ by: "group", group: "template" });
  // Each planted template has one prompt, whose mean would be itself.
  expect(meanSlots(plantedTask)).toEqual({ by: "position" });
  const [first, ...others] = plantedTask.prompts;
  const longer = { ...first!, clean: [...first!.clean, 4], corrupt: { other: [2, 3, 4, 5, 6] } };
  expect(meanSlots({ ...plantedTask, prompts: [longer, ...others] })).toEqual({ by: "span" });
  const values = gridCells("miller", plantedTask, originalAblation(plantedCircuit), 0);
  expect(values.map(({ value }) => (value.kind === "mean" ? value.by : value.kind))).toContain(
    "position",
  );
});

test("the corruption that the author's cell names is the grid's", () => {
  const value = { kind: "resample", from: "paired", corruption: "again" } as const;
  const cells = gridCells("miller", someTask, { ...original, value }, 0);
  expect(cells.length).toBe(8);
  for (const cell of cells) expect(cell.value).toMatchObject({ corruption: "again" });
});

test("cells of nodes count once, whatever their granularity", () => {
  const cells = [
    ablationOf({ component: "edge", granularity: "joint" }),
    ablationOf({ component: "node", granularity: "split" }),
    ablationOf({ component: "node", granularity: "joint" }),
  ];
  const unique = withoutDuplicates(cells);
  expect(unique.map(({ component, granularity }) => `${component} ${granularity}`)).toEqual([
    "edge joint",
    "node joint",
  ]);
});
