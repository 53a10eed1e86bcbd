/** @file Every engine under every ablation, against each other and against the slow reference. */

import type { Runtime } from "@diopter/model";
import { node } from "@diopter/model/node";
import { reference } from "@diopter/model/reference";
import { Random } from "@diopter/tensor";
import { describe, expect, test } from "vitest";
import {
  type Ablation,
  type AblationValue,
  ablationOf,
  mean,
  noise,
  resample,
  zero,
} from "../../src/ablation/ablation";
import { type CellSpec, evaluateCells } from "../../src/evaluate/evaluate";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import type { Network } from "../helpers/network";
import { gqa, ln, networks, rms } from "../helpers/networks";
import type { Rows } from "../helpers/plain-layers";
import { furthest } from "../helpers/rows";
import {
  circuitOf,
  everyLogit,
  logitsOf,
  onReference,
  randomKept,
  randomTask,
  slowLogits,
} from "./slow";

const task = randomTask();
const external = randomTask()
  .prompts.slice(1)
  .map((prompt) => ({
    ...prompt,
    clean: prompt.corrupt.again!,
  }));

const values: Record<string, AblationValue> = {
  "resample paired": resample(),
  "resample another corruption": resample({ corruption: "again" }),
  "resample from set": resample({ from: "set", draws: 2, seed: 3 }),
  zero: zero(),
  "mean corrupt by position": mean(),
  "mean clean by group": mean({ over: "clean", by: "group" }),
  "mean both by span": mean({ over: "both", by: "span" }),
  "mean clean by all": mean({ over: "clean", by: "all" }),
  "mean batch by position": mean({ over: "batch" }),
  "mean of a list": mean({ over: external }),
  "noise at embedding": noise({ scale: 2, seed: 4 }),
};

interface Options {
  readonly perValue: number;
  readonly inputs?: "joint";
  readonly embedding?: "split";
}

/** Every engine on some draws of the other axes for each value; each draw is named in what fails. */
async function agreement(network: Network, runtime: Runtime, options: Options): Promise<void> {
  const { perValue, inputs = "split", embedding = "joint" } = options;
  const model = runtime === float64 ? await onReference(network) : await network.load(runtime);
  const graph = new EdgeGraph(shapeOf(network.config, { inputs, embedding }));
  const random = new Random(17).fork(network.name);
  const wanted: { ablation: Ablation; expected: Rows; spec: CellSpec; what: string }[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (let draw = 0; draw < perValue; draw++) {
      const component = random.choice(["edge", "edge", "node"] as const);
      const direction =
        value.kind === "noise"
          ? "ablate-clean"
          : random.choice(["ablate-clean", "restore-clean"] as const);
      const tokens = random.choice(["all", "all", "specific", ["S"], [1, "end"]] as const);
      const share = random.choice([0.05, 0.3, 0.8]);
      const seed = random.integer(0, 1000);
      const kept = new Map([
        ...randomKept(graph, component, share, { seed, positions: tokens === "specific" }),
        [
          component === "edge" ? graph.edgeName(graph.edgeCount - 1) : graph.sources.at(-1)!.name,
          tokens === "specific" ? ["end"] : undefined,
        ],
      ]);
      const ablation = ablationOf({
        granularity: inputs,
        embedding,
        component,
        value,
        tokens,
        direction,
        set: random.choice(["complement", "circuit"] as const),
        prefix: random.choice([0, 0, 2]),
      });
      wanted.push({
        ablation,
        expected: slowLogits({ network, graph, task, kept, ablation }),
        spec: { circuit: circuitOf(graph.shape, component, kept), ablation },
        what: `${name} ${JSON.stringify({ ...ablation, value: undefined, share, seed })}`,
      });
    }
  }
  const engines = ["dense", "compiled", "nodes"] as const;
  for (const engine of engines) {
    const own = wanted.filter(
      ({ ablation }) => engine !== "nodes" || ablation.component === "node",
    );
    const cells = await evaluateCells(
      model,
      task,
      own.map(({ spec }) => spec),
      { engine, metrics: everyLogit(network.config), batchSize: 4 },
    );
    cells.forEach((cell, i) => {
      const far = furthest(logitsOf(cell), own[i]!.expected);
      expect(far, `${engine}: ${own[i]!.what}`).toBeLessThan(runtime === float32 ? 1e-4 : 1e-9);
    });
  }
}

const float64 = reference();
const float32 = node();

describe("the reference runtime", () => {
  test.each(networks)(
    "I4 I15: of $name, dense, compiled and node engines give the slow reference's logits",
    (network) => agreement(network, float64, { perValue: 2 }),
  );

  test.each([ln, rms])("with joint inputs of $name as well", (network) =>
    agreement(network, float64, { perValue: 1, inputs: "joint" }),
  );

  test.each([ln])("with split embeddings of $name as well", (network) =>
    agreement(network, float64, { perValue: 1, embedding: "split" }),
  );
});

describe("ONNX Runtime", () => {
  test.each([gqa])("gives them for $name in float32", (network) =>
    agreement(network, float32, { perValue: 1 }),
  );
});
