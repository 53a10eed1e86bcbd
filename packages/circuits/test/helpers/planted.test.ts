import { logitDifference } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import type { TaskPrompt } from "../../src/task/task";
import { bruteForce, mixed } from "./brute-force";
import type { Rows } from "./plain-layers";
import { allBut, negativeHead, type Outcome, type Planted, plantedCircuits } from "./planted";

const far = (a: number, b: number) => Math.abs(a - b);

test.each(plantedCircuits)("every outcome of $name comes out", (planted) => {
  const { task, clean, corrupt, outcomes } = planted;
  task.prompts.forEach((prompt, i) => {
    const { length } = prompt.clean;
    expect([length, prompt.corrupt.other!.length]).toEqual([4, 4]);
    expect(far(metric(planted, prompt, prompt.clean), each(clean, i))).toBeLessThan(1e-12);
    const other = metric(planted, prompt, prompt.corrupt.other!);
    expect(far(other, each(corrupt, i))).toBeLessThan(1e-12);
    for (const outcome of outcomes) {
      const got = after(planted, prompt, outcome);
      const { what, by, from } = outcome;
      expect(far(got, each(outcome.metric, i)), `${what}, ${from}, ${by}: ${got}`).toBeLessThan(
        1e-12,
      );
    }
  });
});

test.each(plantedCircuits)("$name runs as a model", async ({ network, task, clean }) => {
  const model = await network.load(reference());
  const { prompts } = task;
  const metrics = await model.measure(
    prompts.map((prompt) => [...prompt.clean]),
    logitDifference(
      prompts.map(({ answers }) => answers[0]!),
      prompts.map(({ wrong }) => wrong[0]!),
    ),
  );
  metrics.forEach((got, i) => {
    expect(far(got, each(clean, i))).toBeLessThan(1e-12);
  });
});

test.each(plantedCircuits)("the circuit of $name is as faithful as it says", (planted) => {
  const { task, network, circuit, clean, corrupt, faithfulness } = planted;
  task.prompts.forEach((prompt, i) => {
    const replaced = allBut(network, circuit);
    const m = after(planted, prompt, { from: "clean", replaced, by: "other" });
    const f = (m - each(corrupt, i)) / (each(clean, i) - each(corrupt, i));
    expect(far(f, faithfulness)).toBeLessThan(1e-12);
  });
});

test.each(plantedCircuits)("EAP scores of $name are derivatives by the mask", (planted) => {
  const { task, network, eap, eapAt = {} } = planted;
  const graph = new EdgeGraph(shapeOf(network.config));
  for (const prompt of task.prompts) {
    const values = run(planted, prompt.corrupt.other!).sources;
    const slope = (name: string, at?: number) => {
      const moved = (step: number) =>
        metric(
          planted,
          prompt,
          prompt.clean,
          mixed(
            graph,
            (edge, pos) =>
              edge === graph.edge(name) && (at === undefined || pos === at) ? step : 0,
            values,
          ),
        );
      return (moved(1e-3) - moved(-1e-3)) / 2e-3;
    };
    for (const [name, score] of Object.entries(eap))
      expect(far(slope(name), score), name).toBeLessThan(1e-9);
    for (const [name, scores] of Object.entries(eapAt))
      scores.forEach((score, pos) => {
        expect(far(slope(name, pos), score), `${name} at ${pos}`).toBeLessThan(1e-9);
      });
  }
});

test("without the negative head the logit difference is larger, and the logits are wrong", () => {
  const [prompt] = negativeHead.task.prompts;
  const graph = new EdgeGraph(shapeOf(negativeHead.network.config));
  const off = mixed(
    graph,
    (edge) => graph.edgeName(edge) === "a0.h1->logits",
    run(negativeHead, prompt!.corrupt.other!).sources,
  );
  const right = (rows: Rows) => 1 / (1 + Math.exp(rows.at(-1)![1]! - rows.at(-1)![0]!));
  const p = right(run(negativeHead, prompt!.clean).logits);
  const q = right(run(negativeHead, prompt!.clean, off).logits);
  // p = 1 / (1 + e^-2), q = 1 / (1 + e^-4)
  const divergence = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  expect(divergence).toBeCloseTo(0.1295, 3);
});

function after(
  planted: Planted,
  prompt: TaskPrompt,
  { from, replaced, at, by }: Pick<Outcome, "from" | "replaced" | "at" | "by">,
): number {
  const [base, other] = [prompt.clean, prompt.corrupt.other!];
  const graph = new EdgeGraph(shapeOf(planted.network.config));
  const edges = replaced.map((name) => graph.edge(name));
  const tokens = from === "clean" ? base : other;
  const values =
    by === "zero"
      ? by
      : by === "mean"
        ? means(planted)
        : run(planted, from === "clean" ? other : base).sources;
  const mask = (edge: number, pos: number) => edges.includes(edge) && (at?.includes(pos) ?? true);
  return metric(planted, prompt, tokens, mixed(graph, mask, values));
}

function run({ network }: Planted, tokens: readonly number[], replace?: ReturnType<typeof mixed>) {
  const graph = new EdgeGraph(shapeOf(network.config));
  return bruteForce({ ...network, graph, tokens, ...(replace && { replace }) });
}

function metric(
  planted: Planted,
  { answers, wrong }: TaskPrompt,
  tokens: readonly number[],
  replace?: ReturnType<typeof mixed>,
): number {
  const last = run(planted, tokens, replace).logits.at(-1)!;
  return last[answers[0]!]! - last[wrong[0]!]!;
}

/** Mean output of every source at every position over the clean prompts. */
function means(planted: Planted): Map<string, Rows> {
  const runs = planted.task.prompts.map(({ clean }) => run(planted, clean).sources);
  return new Map(
    [...runs[0]!].map(([name, rows]) => [
      name,
      rows.map((x, pos) =>
        x.map((_, d) => runs.reduce((sum, of) => sum + of.get(name)![pos]![d]!, 0) / runs.length),
      ),
    ]),
  );
}

function each(value: number | readonly number[], i: number): number {
  return typeof value === "number" ? value : value[i]!;
}
