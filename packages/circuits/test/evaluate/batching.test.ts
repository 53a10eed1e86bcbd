/** @file Many prompts: results do not depend on how they are cut into batches; progress, stopping, repetition. */

import { reference } from "@diopter/model/reference";
import { expect, test } from "vitest";
import {
  type AblationValue,
  ablationOf,
  mean,
  noise,
  resample,
  zero,
} from "../../src/ablation/ablation";
import { evaluate, evaluateCells } from "../../src/evaluate/evaluate";
import { EdgeGraph } from "../../src/graph/edge-graph";
import { shapeOf } from "../../src/graph/shape";
import type { PromptMetric } from "../../src/metrics/prompt-metric";
import type { Progress } from "../../src/run/job";
import type { Task } from "../../src/task/task";
import { bruteForce } from "../helpers/brute-force";
import { ln } from "../helpers/networks";
import { furthest } from "../helpers/rows";
import { circuitOf, everyLogit, logitsOf, onReference, randomKept, randomTask } from "./slow";

const graph = new EdgeGraph(shapeOf(ln.config));
const circuit = circuitOf(graph.shape, "edge", randomKept(graph, "edge", 0.4));
const metrics = everyLogit(ln.config);

/** Prompts of four and of five tokens in turn. */
const task: Task = (() => {
  const [four, five] = [randomTask(4).prompts, randomTask(5).prompts];
  const prompts = four.flatMap((prompt, i) => [
    { ...prompt, id: `four ${i}` },
    { ...five[i]!, id: `five ${i}` },
  ]);
  return { ...randomTask(), prompts };
})();

const values: Record<string, AblationValue> = {
  "resample paired": resample(),
  "resample from set": resample({ from: "set", draws: 3, seed: 1 }),
  zero: zero(),
  "mean by span": mean({ by: "span" }),
  "mean over all tokens": mean({ over: "both", by: "all" }),
  "noise at embedding": noise({ seed: 2 }),
  "noise at sources": noise({ at: "sources", seed: 2 }),
};

test.each(Object.keys(values))("%s does not depend on the batch size", async (name) => {
  const model = await onReference(ln);
  const ablation = { value: values[name]! };
  const of = async (batchSize: number, engine: "dense" | "compiled") =>
    logitsOf(await evaluate(model, task, circuit, { ablation, metrics, batchSize, engine }));
  const whole = await of(8, "dense");
  expect(furthest(await of(1, "dense"), whole)).toBeLessThan(1e-9);
  expect(furthest(await of(3, "compiled"), whole)).toBeLessThan(1e-9);
});

test("a mean over the batch does, and says so by its name", async () => {
  const model = await onReference(ln);
  const ablation = { value: mean({ over: "batch" }) };
  const of = async (batchSize: number) =>
    logitsOf(await evaluate(model, task, circuit, { ablation, metrics, batchSize }));
  expect(furthest(await of(2), await of(4))).toBeGreaterThan(0.01);
});

test("a mean over the batch by group is over the group's prompts of the batch", async () => {
  const model = await onReference(ln);
  const own = randomTask();
  const of = async (over: "batch" | "corrupt") =>
    logitsOf(
      await evaluate(model, own, circuit, {
        ablation: { value: mean({ over, by: "group" }) },
        metrics,
        batchSize: 4,
      }),
    );
  expect(furthest(await of("batch"), await of("corrupt"))).toBeLessThan(1e-9);
});

test("logits are those after the last token of each prompt, whatever stands beside it", async () => {
  const model = await onReference(ln);
  const cell = await evaluate(model, task, circuit, { metrics });
  const [together, own] = [logitsOf(cell), logitsOf(cell, "model")];
  for (const [i, prompt] of task.prompts.entries()) {
    const alone = await evaluate(model, { ...task, prompts: [prompt] }, circuit, { metrics });
    expect(furthest([together[i]!], logitsOf(alone))).toBeLessThan(1e-9);
    const { logits } = await model.run([[...prompt.clean]], { logits: "last" });
    const last = Float64Array.from(logits.data as Float64Array);
    expect(furthest([own[i]!], [last])).toBeLessThan(1e-9);
  }
});

test("a sequence is read at each of its positions, beside prompts that are read at their last token", async () => {
  const model = await onReference(ln);
  const own = randomTask();
  const [first, ...rest] = own.prompts;
  const sequence = [
    { pos: 1, answers: [3] },
    { pos: 3, answers: [5] },
  ];
  const of = { ...own, prompts: [{ ...first!, sequence }, ...rest] };
  const rows: (readonly Float64Array[])[] = [];
  const readouts: PromptMetric = {
    name: "readouts",
    of: "circuit",
    better: "closer",
    value: ({ circuit: logits }) => rows.push(logits.map((row) => Float64Array.from(row))),
  };
  const none = circuitOf(graph.shape, "edge", new Map());
  for (const engine of ["dense", "compiled"] as const) {
    rows.length = 0;
    await evaluate(model, of, none, { metrics: [readouts], engine });
    // Each prompt's circuit, then its model: nothing is kept, so the circuit is the corrupt run.
    of.prompts.forEach(({ clean, corrupt }, i) => {
      const at = i === 0 ? [1, 3] : [4];
      [corrupt.other!, clean].forEach((tokens, side) => {
        const { logits } = bruteForce({ ...ln, graph, tokens });
        expect(
          furthest(
            [...rows[2 * i + side]!],
            at.map((pos) => logits[pos]!),
          ),
        ).toBeLessThan(1e-9);
      });
    });
  }
});

test("noise of no size is the model, and other seeds are other noise", async () => {
  const model = await onReference(ln);
  for (const at of ["embedding", "sources"] as const) {
    for (const engine of ["dense", "compiled"] as const) {
      const of = async (scale: number, seed: number) =>
        logitsOf(
          await evaluate(model, task, circuit, {
            ablation: { value: noise({ at, scale, seed }) },
            metrics,
            engine,
          }),
        );
      const cell = await evaluate(model, task, circuit, { metrics });
      expect(furthest(await of(0, 1), logitsOf(cell, "model"))).toBeLessThan(1e-9);
      expect(furthest(await of(1, 1), await of(1, 2))).toBeGreaterThan(0.01);
    }
  }
});

test("cells beside it do not change a mean over the batch", async () => {
  const model = await onReference(ln);
  const [batch, group] = [mean({ over: "batch" }), mean({ by: "group" })];
  const specs = [batch, group].map((value) => ({ circuit, ablation: ablationOf({ value }) }));
  const [beside] = await evaluateCells(model, randomTask(), specs, { metrics, batchSize: 3 });
  const ablation = { value: batch };
  const alone = await evaluate(model, randomTask(), circuit, { ablation, metrics, batchSize: 3 });
  expect(furthest(logitsOf(beside!), logitsOf(alone))).toBe(0);
});

test("progress counts batches up to all of them", async () => {
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => seen.push(progress);
  await evaluate(await onReference(ln), task, circuit, { batchSize: 3, onProgress });
  // Four prompts of each length by threes: two batches each.
  expect(seen.map(({ done, total }) => [done, total])).toEqual([
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);
  expect(seen.at(-1)!.remaining).toBe(0);
  for (const { remaining } of seen) expect(remaining).toBeGreaterThanOrEqual(0);
});

test("an aborted signal stops it, before and between batches", async () => {
  const model = await onReference(ln);
  const before = AbortSignal.abort(new Error("enough"));
  await expect(evaluate(model, task, circuit, { signal: before })).rejects.toThrow("enough");
  const controller = new AbortController();
  const seen: number[] = [];
  const onProgress = ({ done }: Progress) => {
    seen.push(done);
    controller.abort(new Error("enough"));
  };
  const { signal } = controller;
  await expect(
    evaluate(model, task, circuit, { signal, onProgress, batchSize: 3 }),
  ).rejects.toThrow("enough");
  expect(seen).toEqual([1]);
});

test("two runs, and cells together or alone, give the same bytes", async () => {
  const specs = Object.values(values).map((value) => ({
    circuit,
    ablation: ablationOf({ value }),
  }));
  const run = async () => {
    const model = await ln.load(reference());
    const cells = await evaluateCells(model, task, specs, { metrics });
    return cells.map((cell) => JSON.stringify({ ...cell, milliseconds: 0 }));
  };
  const first = await run();
  expect(await run()).toEqual(first);
  const model = await onReference(ln);
  for (const [i, { ablation }] of specs.entries()) {
    const alone = await evaluate(model, task, circuit, { ablation, metrics });
    expect(JSON.stringify({ ...alone, milliseconds: 0 })).toBe(first[i]);
  }
});

test("what is given is what is patched in: constants of a run are a resample from it", async () => {
  const model = await onReference(ln);
  const own = randomTask();
  const [other] = own.prompts;
  const hooks = [
    "blocks.0.hook_resid_pre",
    ...[0, 1].flatMap((l) => [`blocks.${l}.attn.hook_z`, `blocks.${l}.hook_mlp_out`]),
  ];
  const { cache } = await model.runWithCache([[...other!.clean]], { names: hooks });
  const activations = {
    form: "position",
    values: Object.fromEntries(hooks.map((hook) => [hook, cache.get(hook)])),
  } as const;
  const value = { kind: "given", name: "first prompt", activations } as const;
  const same = {
    ...own,
    prompts: own.prompts.map((prompt) => ({
      ...prompt,
      corrupt: { other: other!.clean, again: other!.clean },
    })),
  };
  for (const engine of ["dense", "compiled"] as const) {
    const options = { metrics, engine };
    const given = await evaluate(model, own, circuit, { ...options, ablation: { value } });
    const resampled = await evaluate(model, same, circuit, options);
    expect(furthest(logitsOf(given), logitsOf(resampled))).toBeLessThan(1e-9);
  }
  expect(await evaluate(model, task, circuit, { ablation: { value } })).toMatchObject({
    reason: 'values of "first prompt" are for 5 positions, the prompt has 4',
  });
});
