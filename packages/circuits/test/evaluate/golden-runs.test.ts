/** @file Circuits under every ablation of AutoCircuit and EAP-IG, against what those libraries gave. */

import type { Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenPath, readJson, readTensors } from "../../../../test/golden";
import { type Ablation, ablationOf, mean, resample, zero } from "../../src/ablation/ablation";
import { evaluateCells } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { fromAutoCircuitName } from "../../src/graph/names/auto-circuit";
import { shapeOf } from "../../src/graph/shape";
import type { PromptMetric } from "../../src/metrics/prompt-metric";
import { goldenModel, goldenTask } from "../helpers/golden-task";

interface Golden {
  readonly edges: readonly string[];
  readonly circuits: Readonly<Record<string, readonly number[]>>;
}

type Tensors = ReturnType<typeof readTensors>;

/** One metric per logit: whole rows, not only what a metric looks at, are compared. */
const everyLogit: readonly PromptMetric[] = Array.from({ length: 61 }, (_, token) => ({
  name: `logit ${token}`,
  of: "circuit",
  better: "closer",
  value: ({ circuit }) => circuit[0]![token]!,
}));

const values: Record<string, (direction: Ablation["direction"]) => Ablation["value"]> = {
  RESAMPLE: () => resample(),
  ZERO: () => zero(),
  TOKENWISE_MEAN_CLEAN: () => mean({ over: "clean" }),
  TOKENWISE_MEAN_CORRUPT: () => mean({ over: "corrupt" }),
  TOKENWISE_MEAN_CLEAN_AND_CORRUPT: () => mean({ over: "both" }),
  BATCH_TOKENWISE_MEAN: () => mean({ over: "batch" }),
  BATCH_ALL_TOK_MEAN: () => mean({ over: "batch", by: "all" }),
};

describe.each([
  { name: "reference", runtime: reference(), tolerance: 1e-9 },
  { name: "node", runtime: node(), tolerance: 1e-4 },
])("on $name", ({ runtime, tolerance }) => {
  let model: Model;
  let golden: Golden;
  let runs: Tensors;
  beforeAll(async () => {
    model = await goldenModel(runtime);
    golden = readJson(goldenPath("eap/auto_circuit.json"));
    runs = readTensors(goldenPath("eap/auto_circuit.f64.safetensors"));
  });

  describe.each(Object.keys(values))("%s", (value) => {
    test.each(["ablate-clean", "restore-clean"] as const)(
      "%s gives AutoCircuit's logits, by both engines",
      async (direction) => {
        const shape = shapeOf(model.config);
        const names = [
          "none",
          "random10",
          "random30",
          "random100",
          "random200",
          "eap_top100_pruned",
          "all",
        ];
        const ablation = ablationOf({
          value: values[value]!(direction),
          direction,
          set: direction === "ablate-clean" ? "complement" : "circuit",
        });
        const specs = names.map((name) => ({
          ablation,
          circuit: Circuit.ofEdges(
            shape,
            (golden.circuits[name] ?? []).map((edge) => fromAutoCircuitName(golden.edges[edge]!)),
            { name, version: "1" },
          ),
        }));
        for (const engine of ["dense", "compiled"] as const) {
          const cells = await evaluateCells(model, goldenTask(), specs, {
            metrics: everyLogit,
            batchSize: 3,
            engine,
          });
          cells.forEach((cell, i) => {
            if (!cell.applicable) throw new Error(cell.reason);
            const patch = direction === "ablate-clean" ? "TREE_PATCH" : "EDGE_PATCH";
            const expected = runs.get(`run.${names[i]}.${value}.${patch}`)!;
            const got = cell.prompts.flatMap(({ circuit }) =>
              everyLogit.map(({ name }) => circuit[name]!),
            );
            const largest = Math.max(...Array.from(expected.data as Float64Array, Math.abs));
            const worst = got.reduce(
              (most, x, k) => Math.max(most, Math.abs(x - (expected.data[k] as number))),
              0,
            );
            expect(worst / largest, `${names[i]} by ${engine}`).toBeLessThan(tolerance);
          });
        }
      },
    );
  });
});
