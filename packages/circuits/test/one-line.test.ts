import { inspect } from "node:util";
import type { Provenance } from "@diopter/model";
import { fromData } from "@diopter/tensor";
import { expect, test } from "vitest";
import { Scores } from "../src/discover/scores/scores";
import { Circuit } from "../src/graph/circuit";
import { EdgeGraph } from "../src/graph/edge-graph";
import { PatchResult } from "../src/patch/result";
import type { RobustnessData } from "../src/report/data";
import { RobustnessReport } from "../src/report/robustness-report";
import { shape } from "./graph/shapes";
import { plantedReport } from "./report/planted-report";

const says = (x: object, expected: string) =>
  expect([String(x), inspect(x)]).toEqual([expected, expected]);

// Of one layer with one head and an MLP: into q, k and v of the head from the input; into the MLP from input and head;
// into the logits from all three.
const small = shape(1, 1);

test("a circuit says its name, version and size", () => {
  const meta = { name: "toy", version: "1.0" };
  says(Circuit.ofEdges(small, ["input->m0", "m0->logits"], meta), "Circuit toy 1.0: 2 of 8 edges");
  says(Circuit.ofNodes(small, ["m0@3"], meta), "Circuit toy 1.0: 1 of 3 nodes at positions");
  const long = { name: `\n${"n".repeat(500)}`, version: "v".repeat(500) };
  expect(String(Circuit.ofNodes(small, [], long))).toMatch(
    /^Circuit {2}n{48}… v{19}…: 0 of 3 nodes$/,
  );
});

test("scores say their method, size and first values", () => {
  const record = {
    method: "eap",
    options: {},
    passes: { forward: 1, backward: 1 },
    prompts: 1,
    milliseconds: 0,
  };
  const values = Float64Array.of(Number.POSITIVE_INFINITY, -0.25, 0);
  says(
    new Scores(new EdgeGraph(small), "node", values, record),
    "Scores by eap of 3 nodes, 1 prompt (Infinity, -0.25, 0)",
  );
});

test("a patching sweep says its metric, direction, shape and first values", () => {
  const result = new PatchResult({
    axes: ["layer"],
    coordinates: [[0, 1]],
    labels: [["L0", "L1"]],
    values: fromData(Float64Array.of(0.5, 1, 2, 5), [2, 2]),
    clean: Float64Array.of(2, 5),
    corrupt: Float64Array.of(0, 1),
    direction: "denoise",
    metric: "logit difference",
    provenance: {} as Provenance,
  });
  says(result, "PatchResult of logit difference, denoise [layer 2, prompt 2] (0.5, 1, 2, ...)");
});

test("a robustness report says its circuit, task, size and score as specified", async () => {
  const report = await plantedReport();
  const { cells, prompts, task } = report.data;
  // The head gives 3 of the model's 2.
  const size = `RobustnessReport of planted on ${task.name}: ${cells.length} cells, ${prompts.length} prompts`;
  says(report, `${size}, 150 % as specified`);
  const without = cells.map((cell) => ({ ...cell, run: { applicable: false, reason: "none" } }));
  says(new RobustnessReport({ ...report.data, cells: without } as RobustnessData), size);
});
