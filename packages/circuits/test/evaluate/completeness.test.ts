/** @file Completeness: circuit and model stay alike when the same part K of the circuit is knocked out of both. */

import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { ablationOf } from "../../src/ablation/ablation";
import { type CellSpec, evaluateCells } from "../../src/evaluate/evaluate";
import { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { promptMetric } from "../../src/metrics/prompt-metrics";
import { ln } from "../helpers/networks";
import { everyLogit, randomTask } from "./slow";

const task = randomTask();
const metrics = everyLogit(ln.config);
const graph = new EdgeGraph(shapeOf(ln.config));
const half = Array.from({ length: graph.edgeCount }, (_, edge) => edge).filter((e) => e % 2 === 0);
const circuit = Circuit.ofEdges(
  graph.shape,
  half.map((edge) => graph.edgeName(edge)),
  { name: "every other edge", version: "1" },
);
const none = Circuit.ofEdges(graph.shape, [], { name: "nothing", version: "1" });

/** Logits [cell][prompt] of each cell. */
async function logitsOf(specs: readonly CellSpec[]): Promise<Float64Array[][]> {
  const model = await ln.load(reference());
  const cells = await evaluateCells(model, task, specs, { metrics });
  return cells.map((cell) => {
    if (!cell.applicable) throw new Error(cell.reason);
    return cell.prompts.map((prompt) =>
      Float64Array.from(metrics, ({ name }) => prompt.circuit[name]!),
    );
  });
}

/** The model without K: only K is replaced. */
const modelWithout = (K: Circuit): CellSpec => ({
  circuit: K,
  ablation: ablationOf({ set: "circuit" }),
});
/** The circuit without K: all but the rest of it is replaced. */
const circuitWithout = (K: Circuit): CellSpec => ({
  circuit: circuit.minus(K),
  ablation: ablationOf(),
});

const kl = (model: Float64Array, other: Float64Array, i: number) =>
  promptMetric("kl").value({ prompt: task.prompts[i]!, model: [model], circuit: [other] }, task);

test("K6: with nothing knocked out, completeness is the plain divergence", async () => {
  const [left, right] = await logitsOf([modelWithout(none), circuitWithout(none)]);
  const model = await ln.load(reference());
  const [plain] = await evaluateCells(model, task, [{ circuit, ablation: ablationOf() }], {
    metrics: ["kl"],
  });
  if (!plain!.applicable) throw new Error(plain!.reason);
  plain!.prompts.forEach((prompt, i) => {
    expect(kl(left![i]!, right![i]!, i)).toBeCloseTo(prompt.circuit.kl!, 9);
    expect(prompt.circuit.kl).toBeGreaterThan(1e-6);
  });
});

test("K6: with the whole circuit knocked out, the model without it stands against the corrupt run", async () => {
  const [left, right] = await logitsOf([modelWithout(circuit), circuitWithout(circuit)]);
  const model = await ln.load(reference());
  const swapped = {
    ...task,
    prompts: task.prompts.map((p) => ({ ...p, clean: p.corrupt.other! })),
  };
  const [own, ablated] = await Promise.all([
    evaluateCells(model, swapped, [modelWithout(none)], { metrics }),
    evaluateCells(model, task, [{ circuit: circuit.complement(), ablation: ablationOf() }], {
      metrics,
    }),
  ]);
  for (const [i, row] of right!.entries()) {
    const corruptRun = own[0]!.applicable ? own[0]!.prompts[i]!.circuit : {};
    const without = ablated[0]!.applicable ? ablated[0]!.prompts[i]!.circuit : {};
    metrics.forEach(({ name }, token) => {
      expect(row[token]).toBeCloseTo(corruptRun[name]!, 9);
      expect(left![i]![token]).toBeCloseTo(without[name]!, 9);
    });
    expect(kl(left![i]!, row, i)).toBeGreaterThan(1e-6);
  }
});
