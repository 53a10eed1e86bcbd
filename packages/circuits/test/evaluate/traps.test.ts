/** @file Traps of faithfulness: each is a choice that changes numbers, or that must not. */

import { InexactProcessingError, type Model } from "@diopter/model";
import { expect, test } from "vitest";
import {
  type Ablation,
  type AblationValue,
  mean,
  resample,
  zero,
} from "../../src/ablation/ablation";
import { replacedMask } from "../../src/ablation/replaced-mask";
import { evaluate } from "../../src/evaluate/evaluate";
import type { Circuit } from "../../src/graph/circuit";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import { recovered } from "../../src/metrics/recovered";
import type { Task } from "../../src/task/task";
import { bruteForce } from "../helpers/brute-force";
import type { Network } from "../helpers/network";
import { linear, ln, rms } from "../helpers/networks";
import type { Rows } from "../helpers/plain-layers";
import { additive } from "../helpers/planted";
import { furthest } from "../helpers/rows";
import {
  circuitOf,
  everyLogit,
  type Kept,
  logitsOf,
  onReference,
  randomKept,
  randomTask,
  slowLogits,
  withPrompts,
} from "./slow";

const task = randomTask();
const everyValue = {
  resample: resample(),
  zero: zero(),
  mean: mean(),
  pooled: mean({ by: "all" }),
};

function elements(network: Network, kept: Kept, component: "edge" | "node" = "edge"): Circuit {
  return circuitOf(shapeOf(network.config), component, kept);
}

function list(...names: string[]): Kept {
  return new Map(names.map((name) => [name, undefined]));
}

async function logits(
  model: Model,
  circuit: Circuit,
  ablation: Partial<Ablation>,
  of: Task = task,
): Promise<Rows> {
  const metrics = everyLogit(model.config);
  return logitsOf(await evaluate(model, of, circuit, { ablation, metrics }));
}

async function scores(
  model: Model,
  circuit: Circuit,
  options: { readonly metrics: readonly string[]; readonly ablation: Partial<Ablation> },
  of: Task = task,
): Promise<number[]> {
  const cell = await evaluate(model, of, circuit, options);
  if (!cell.applicable) throw new Error(cell.reason);
  return cell.prompts.flatMap((prompt) => options.metrics.map((name) => prompt.circuit[name]!));
}

const near = (a: Rows, b: Rows, what = "") => expect(furthest(a, b), what).toBeLessThan(1e-6);
const apart = (a: Rows, b: Rows, what = "") => expect(furthest(a, b), what).toBeGreaterThan(1e-2);
const far = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

test("folding value biases changes the zero ablation of heads, and nothing else", async () => {
  const model = await onReference(ln);
  const folded = model.processed({ foldValueBiases: true });
  const heads = elements(ln, list("a0.h1", "a1.h0"), "node");
  const edges = elements(ln, randomKept(new EdgeGraph(shapeOf(ln.config)), "edge", 0.4));
  const mlps = elements(ln, list("m0", "input"), "node");
  for (const [name, value] of Object.entries(everyValue)) {
    const check = name === "zero" ? apart : near;
    const node = { value, component: "node", set: "circuit" } as const;
    check(await logits(folded, heads, node), await logits(model, heads, node), name);
    check(await logits(folded, edges, { value }), await logits(model, edges, { value }), name);
    near(await logits(folded, mlps, node), await logits(model, mlps, node), name);
  }
});

test("zeroing a head zeroes what its values write, not its layer's output bias", async () => {
  const model = await onReference(ln);
  const graph = new EdgeGraph(shapeOf(ln.config));
  const heads = list("a0.h0", "a0.h1", "a0.h2");
  const rows = await logits(model, elements(ln, heads, "node"), {
    value: zero(),
    component: "node",
    set: "circuit",
  });
  const expected = task.prompts.map(
    ({ clean }) =>
      bruteForce({
        ...ln,
        graph,
        tokens: clean,
        // The slow reference adds b_O of a layer to what is read, outside of any edge.
        replace: (edge, _pos, current) =>
          heads.has(graph.edgeName(edge).split("->")[0]!) ? current.fill(0) : undefined,
      }).logits.at(-1)!,
  );
  near(rows, expected);
});

test("centring the unembedding changes single logits, but no difference and no divergence", async () => {
  const model = await onReference(ln);
  const centred = model.processed({ centerUnembed: true });
  const circuit = elements(ln, randomKept(new EdgeGraph(shapeOf(ln.config)), "edge", 0.4));
  for (const value of Object.values(everyValue)) {
    apart(await logits(centred, circuit, { value }), await logits(model, circuit, { value }));
    const options = {
      ablation: { value },
      metrics: ["logit-difference", "kl", "probability", "jensen-shannon"],
    };
    const [a, b] = [await scores(centred, circuit, options), await scores(model, circuit, options)];
    expect(far(a, b)).toBeLessThan(1e-6);
    const own = { ablation: { value }, metrics: ["answer-logit"] };
    const [c, d] = [await scores(centred, circuit, own), await scores(model, circuit, own)];
    expect(far(c, d)).toBeGreaterThan(1e-2);
  }
});

test("centring what is written changes no ablation under LayerNorm, and is refused under RMSNorm", async () => {
  const model = await onReference(ln);
  const centred = model.processed({ centerWritingWeights: true });
  const circuit = elements(ln, randomKept(new EdgeGraph(shapeOf(ln.config)), "edge", 0.4));
  for (const [name, value] of Object.entries(everyValue))
    near(await logits(centred, circuit, { value }), await logits(model, circuit, { value }), name);
  const other = await onReference(rms);
  expect(() => other.processed({ centerWritingWeights: true })).toThrow(InexactProcessingError);
});

test("a prefix is never replaced; where it differs, replacements still come from the corruption's own", async () => {
  const model = await onReference(ln);
  const graph = new EdgeGraph(shapeOf(ln.config));
  const of = (tokens: (prompt: Task["prompts"][number]) => readonly number[]) =>
    task.prompts.map((p) => bruteForce({ ...ln, graph, tokens: tokens(p) }).logits.at(-1)!);
  const prefix = 2;
  const empty = await logits(model, elements(ln, new Map()), { prefix });
  near(
    empty,
    of(({ corrupt }) => corrupt.other!),
  );
  // A library that keeps the prefix in a cache would run the corrupt rest after the clean prefix.
  apart(
    empty,
    of(({ clean, corrupt }) => [...clean.slice(0, prefix), ...corrupt.other!.slice(prefix)]),
  );
  const kept = list("a1.h0->logits", "a1.h1->logits");
  const rows = await logits(model, elements(ln, kept), { prefix });
  near(rows, slowLogits({ network: ln, graph, task, kept, ablation: { prefix } }));
  apart(rows, await logits(model, elements(ln, kept), {}));
  near(
    await logits(model, elements(ln, kept), { prefix: 5 }),
    of(({ clean }) => clean),
  );
});

test("a mean over the evaluated prompts includes the prompt itself: effects shrink by 1/n", async () => {
  const model = await onReference(linear);
  const n = task.prompts.length;
  const circuit = elements(linear, list("input->logits", "a1.h0->logits"));
  const of = (over: Extract<AblationValue, { kind: "mean" }>["over"]) =>
    logits(model, circuit, { set: "circuit", value: mean({ over }) });
  const whole = await logits(model, elements(linear, new Map()), { set: "circuit" });
  const included = await of("clean");
  for (const [i, prompt] of task.prompts.entries()) {
    const without = await of(task.prompts.filter((other) => other !== prompt));
    const effect = (rows: Rows) => rows[i]!.map((x, token) => x - whole[i]![token]!);
    // The mean of all is 1/n of the prompt and (n - 1)/n of the mean of the others.
    near([effect(included)], [effect(without).map((x) => (x * (n - 1)) / n)]);
    apart([effect(included)], [effect(without)]);
  }
});

test("a beginning-of-sequence token shifts every named position by one, and no index", () => {
  const shape = shapeOf(ln.config);
  const shifted = withPrompts(task, ({ positions, ...prompt }) => ({
    ...prompt,
    clean: [0, ...prompt.clean],
    positions: Object.fromEntries(Object.entries(positions).map(([name, at]) => [name, at + 1])),
  }));
  const choices = { tokens: "specific", set: "complement", prefix: 0, component: "edge" } as const;
  const at = (of: Task, position: string | number) => {
    const circuit = circuitOf(shape, "edge", new Map([["input->m0", [position]]]));
    const { batch, pos, values } = replacedMask(circuit, choices, of.prompts);
    const edge = circuit.graph.edge("input->m0");
    const column = Array.from(
      { length: batch * pos },
      (_, row) => values[row * circuit.graph.edgeCount + edge]!,
    );
    return of.prompts.map((_, i) => {
      const first = batch === 1 ? 0 : i * pos;
      return column.slice(first, first + pos).indexOf(0);
    });
  };
  expect(at(task, "S")).toEqual([1, 2, 1, 2]);
  expect(at(shifted, "S")).toEqual([2, 3, 2, 3]);
  expect(at(shifted, "end")).toEqual([5, 5, 5, 5]);
  expect(at(task, 1)).toEqual([1, 1, 1, 1]);
  expect(at(shifted, 1)).toEqual([1, 1, 1, 1]);
});

test("a prompt of small margin rules the mean of ratios, which are not clipped", async () => {
  // Margins 2 and -0.001: recovering 1 of each is 50 % and -100,000 %.
  const { ratios, ratioOfMeans, meanOfRatios, median, notPositive } = recovered(
    [1, 1],
    [2, -0.001],
  );
  expect(ratios[0]).toBe(50);
  expect(ratios[1]).toBeCloseTo(-100_000, 6);
  expect(meanOfRatios).toBeCloseTo(-49_975, 6);
  expect(median).toBeCloseTo(-49_975, 6);
  expect(ratioOfMeans).toBeCloseTo(200 / 1.999, 9);
  expect(notPositive).toBe(1);
});

test("what matters lowers the metric when it is ablated, and raises it when it is restored", async () => {
  const { network, task: own, clean, corrupt } = additive;
  const model = await onReference(network);
  const of = (direction: Ablation["direction"]) =>
    scores(
      model,
      elements(network, list("a0.h0->m0")),
      { ablation: { direction, set: "circuit" }, metrics: [own.metric] },
      own,
    );
  for (const score of await of("ablate-clean")) expect(score).toBeLessThan(Number(clean));
  for (const score of await of("restore-clean")) expect(score).toBeGreaterThan(Number(corrupt));
});

test("queries and keys are split before they are rotated", async () => {
  const graph = new EdgeGraph(shapeOf(rms.config));
  const model = await onReference(rms);
  for (const part of ["q", "k", "v"]) {
    const kept = new Map([[`input->a1.h0<${part}>`, [2, 4]]]);
    const ablation = { set: "circuit", tokens: "specific" } as const;
    const rows = await logits(model, elements(rms, kept), ablation);
    near(rows, slowLogits({ network: rms, graph, task, kept, ablation }), part);
    apart(rows, await logits(model, elements(rms, new Map()), { set: "circuit" }), part);
  }
});
