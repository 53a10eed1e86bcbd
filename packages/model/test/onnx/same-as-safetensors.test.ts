/** @file An imported file behaves as the same model from safetensors: gradients, edits, sweeps, lens, edge attribution. */

import { type Edit, logitDifference, Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import type { TensorLike } from "@diopter/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenPath } from "../../../../test/golden";
import { attributeEdges } from "../../../circuits/src/discover/attribution/attribute-edges";
import type { Task } from "../../../circuits/src/task/task";
import { logitLens } from "../../../lens/src/logit-lens";
import { distance, goldensOf, openExport, rows } from "./golden-onnx";

const runtime = node();
afterAll(() => runtime.dispose());

describe.each([
  ["gpt2", "gpt2/optimum-past.onnx"],
  ["gpt2", "gpt2/optimum-past-fused.onnx"],
  ["llama", "llama/torchscript17-sdpa.onnx"],
  ["llama", "llama/optimum-past-fused.onnx"],
])("%s from %s", (family, file) => {
  let imported: Model;
  let original: Model;
  let prompts: number[][];
  beforeAll(async () => {
    imported = await openExport(file, runtime);
    original = await Model.load(goldenPath(`hf/${family}`), { runtime });
    const golden = await goldensOf({ file, family, route: "", golden: `hf/${family}` });
    prompts = rows(golden.get("input_ids")!);
  });
  afterAll(async () => {
    await imported.dispose();
    await original.dispose();
  });
  const both = async <T>(f: (model: Model) => Promise<T>): Promise<[T, T]> => [
    await f(imported),
    await f(original),
  ];
  const answers = () => logitDifference([5, 7], [11, 13]);

  test("configurations differ only in what a graph cannot tell", () => {
    const {
      family: _,
      nCtx: __,
      defaultPrependBos: ___,
      initializerRange: ____,
      tiedEmbeddings: _____,
      ...rest
    } = imported.config;
    expect(original.config).toMatchObject(rest);
  });

  test("the gradient of a logit difference by every residual is the same", async () => {
    const wrt = "blocks.*.hook_resid_{pre,post}";
    const [a, b] = await both((model) => model.gradients(prompts, { of: answers(), wrt }));
    expect(a.gradients.names().length).toBe(2 * imported.config.nLayers);
    for (const name of a.gradients.names()) {
      expect(distance(a.gradients.get(name), b.gradients.get(name)), name).toBeLessThan(1e-4);
    }
  });

  test("edits change the logits alike, and do change them", async () => {
    const edits: Edit[] = [
      { at: "blocks.0.attn.hook_pattern", head: 1, do: "zero" },
      { at: "blocks.1.attn.hook_z", head: 2, pos: -1, do: "zero" },
      { at: "blocks.1.mlp.hook_post", neuron: 3, do: "set", value: 2 },
    ];
    const [a, b] = await both((model) => model.run(prompts, { edits }));
    expect(distance(a.logits, b.logits)).toBeLessThan(1e-4);
    expect(distance(a.logits, (await imported.run(prompts)).logits)).toBeGreaterThan(1e-3);
  });

  test("a patch sweep over heads is the same", async () => {
    const [clean, corrupt] = [[prompts[0]!], [prompts[1]!]];
    const metric = logitDifference([5], [11]);
    const [a, b] = await both(async (model) => {
      const over = Array.from(
        { length: 4 },
        (_, head): Edit => ({
          at: "blocks.1.attn.hook_z",
          head,
          do: "patch",
          value: { prompt: clean },
        }),
      );
      const values = await model.sweep(corrupt, { over, metric });
      return values.map((row) => row[0]!);
    });
    const largest = Math.max(...b.map(Math.abs));
    for (const [i, value] of a.entries())
      expect(Math.abs(value - b[i]!) / largest).toBeLessThan(1e-4);
    expect(new Set(a.map((value) => value.toFixed(6))).size).toBeGreaterThan(1);
  });

  test("the logit lens reads the same entropies", async () => {
    const [a, b] = await both((model) => logitLens(model, prompts));
    const numbers = (x: unknown): number[] =>
      JSON.stringify(x)
        .match(/-?\d+\.\d+/g)!
        .map(Number);
    const [x, y] = [numbers(a.toRows()), numbers(b.toRows())];
    expect(x.length).toBe(y.length);
    const largest = Math.max(...y.map(Math.abs));
    for (const [i, value] of x.entries())
      expect(Math.abs(value - y[i]!) / largest).toBeLessThan(1e-4);
  });

  test("edge attribution gives every edge the same score", async () => {
    const task: Task = {
      name: "two prompts",
      version: "1",
      metric: "logit-difference",
      corruptions: ["other"],
      prompts: [
        {
          id: "0",
          clean: prompts[0]!,
          corrupt: { other: prompts[1]! },
          answers: [5],
          wrong: [11],
          positions: {},
          groups: {},
        },
      ],
    };
    const [a, b] = await both((model) => attributeEdges(model, task, { method: "eap" }));
    const tensor = (data: ArrayLike<number>): TensorLike => ({
      dtype: "float64",
      shape: [data.length],
      data: Float64Array.from(data),
    });
    expect(a.values.length).toBeGreaterThan(50);
    expect(distance(tensor(a.values), tensor(b.values))).toBeLessThan(1e-4);
  });
});
