import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { bruteForce, mixed } from "./brute-force";
import { inductionCircuit, inductionMetric, inductionNetwork, inductionTask } from "./induction";
import { furthest, rowsOf } from "./rows";

const graph = new EdgeGraph(shapeOf(inductionNetwork.config));

test("the induction network copies what followed", async () => {
  const model = await inductionNetwork.load(reference());
  for (const { clean, corrupt, answers } of inductionTask.prompts) {
    const { logits } = await model.run([[...clean]], { logits: "last" });
    const expected = new Float64Array(8);
    expected[answers[0]!] = inductionMetric.clean;
    expect(furthest(rowsOf(logits.data as Float64Array, 8), [expected])).toBeLessThan(1e-12);
    expect(corrupt.other).toHaveLength(clean.length);
  }
});

test("five edges are exactly the circuit: with them the output is exact, without any of them it is not", () => {
  for (const { clean, corrupt, answers, wrong } of inductionTask.prompts) {
    const other = bruteForce({ ...inductionNetwork, graph, tokens: corrupt.other! });
    const difference = (kept: readonly string[]) => {
      const replace = mixed(graph, (edge) => !kept.includes(graph.edgeName(edge)), other.sources);
      const last = bruteForce({ ...inductionNetwork, graph, tokens: clean, replace }).logits.at(
        -1,
      )!;
      return last[answers[0]!]! - last[wrong[0]!]!;
    };
    expect(difference([])).toBe(inductionMetric.corrupt);
    expect(difference(inductionCircuit)).toBe(inductionMetric.clean);
    for (const edge of inductionCircuit) {
      const rest = inductionCircuit.filter((each) => each !== edge);
      expect(difference(rest), edge).toBeLessThan(inductionMetric.clean / 2);
    }
  }
});
