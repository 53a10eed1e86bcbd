/** @file Every value that the map names is in the file, has the axes printed, and is the hook times the factor when both are run. */

import {
  decode,
  encode,
  type Graph,
  type Initializer,
  inferShapes,
  rewrite,
  type ValueInfo,
} from "@diopter/graph";
import { type HookValue, Model } from "@diopter/model";
import { node } from "@diopter/model/node";
import type { TensorLike } from "@diopter/tensor";
import { afterAll, expect, test } from "vitest";
import { goldenPath, readBytes } from "../../../../test/golden";
import { hookAxes } from "../../src/hooks/hook-axes";
import { constantsToInitializers } from "../../src/onnx/normal/constants";
import { inlineIfs } from "../../src/onnx/normal/inline-ifs";
import { labelOf } from "../../src/onnx/refusal";
import { exports, openExport } from "./golden-onnx";
import { exactProducts, runOnnx } from "./normal/run-onnx";
import { type Forms, HEADS, transformer } from "./small-transformer";

const runtime = node();
afterAll(() => runtime.dispose());

const POSITIONS = 5;

/** Whether what the map says of each hook is so when the file runs. */
async function expectTrue(
  model: Model,
  graph: Graph,
  { rows = 2, words = 90, half = false, tolerance = 1e-4 } = {},
): Promise<void> {
  const { hooks } = model.inspect();
  const claims = hooks.flatMap(({ hook, values }) => values.map((value) => ({ hook, ...value })));
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  expect(claims.filter(({ value }) => !made.has(value))).toEqual([]);
  expect(claims.length).toBeGreaterThan(5 * model.config.nLayers);
  const tokens = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: POSITIONS }, (_, i) => (7 * i * i + 3 * i + 5 + 11 * r) % words),
  );
  const { values } = inferShapes(graph);
  const otherwise = half ? "float16" : "float32";
  const outputs = [...new Set(claims.map(({ value }) => value))].map((name): ValueInfo => {
    return { name, dtype: values.get(name)?.dtype ?? otherwise, shape: undefined };
  });
  const theirs = await runOnnx(
    { ...graph, outputs, values: new Map() },
    feedsOf(graph, tokens),
    // ONNX Runtime has kernels of half precision for some ops only.
    { optimize: half },
  );
  const { cache } = await model.runWithCache({ tokens }, { names: hooks.map(({ hook }) => hook) });
  const wrong = claims.flatMap(({ hook, ...claim }) => {
    const off = distance(cache.get(hook), hookAxes(hook), theirs[claim.value]!, claim);
    return off < tolerance ? [] : [`${hook}: ${claim.value} [${claim.axes}]: ${off}`];
  });
  expect(wrong).toEqual([]);
  // A node that hides a hook is one of the file.
  const labels = new Set(graph.nodes.map(labelOf));
  for (const { hook, reason } of hooks) {
    const named = reason?.match(/\w+ "[^"]+"/)?.[0];
    if (named && !/^(of|value) /.test(named))
      expect(labels.has(named), `${hook}: ${reason}`).toBe(true);
  }
}

for (const { file } of exports) {
  test(`${file}: every claim of the map is true`, async () => {
    const half = file.includes("f16") || file.includes("fp16");
    const model = await openExport(file, runtime);
    // ONNX Runtime refuses a batch of two there.
    const rows = /llama\/(dynamo23-sdpa|optimum1-fused)/.test(file) ? 1 : 2;
    const tolerance = half ? 3e-2 : file.includes("int8") ? 2e-2 : 1e-4;
    await expectTrue(model, runnable(read(file)), { rows, half, tolerance });
    await model.dispose();
  });
}

/** One of several by a seed. */
const oneOf = <T>(random: () => number, ...choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)]!;

test("every claim is true of random ways to write a transformer", async () => {
  let state = 7;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < 12; i++) {
    const forms: Partial<Forms> = {
      packed: oneOf(random, true, false),
      gate: oneOf(random, "none", "apart", "packed"),
      keyHeads: oneOf(random, 1, HEADS),
      tied: oneOf(random, true, false),
      norm: oneOf<Forms["norm"]>(
        random,
        (b, x, gain, bias) => b.layerNorm(x, gain, bias),
        (b, x, gain) => {
          const root = b.sqrt(b.add(b.mean(b.mul(x, x), -1, true), 1e-5));
          return b.mul(gain, b.mul(x, b.reciprocal(root)));
        },
      ),
      activation: oneOf<Forms["activation"]>(
        random,
        (b, x) => b.gelu(x),
        (b, x) => b.mul(b.mul(x, b.add(b.erf(b.div(x, Math.SQRT2)), 1)), 0.5),
      ),
      scores: oneOf<Forms["scores"]>(
        random,
        (b, q, k) => b.div(b.matmul(q, b.transpose(k, [0, 1, 3, 2])), 2),
        (b, q, k) =>
          b.matmul(b.mul(q, Math.SQRT1_2), b.mul(b.transpose(k, [0, 1, 3, 2]), Math.SQRT1_2)),
      ),
      linear: oneOf<Forms["linear"]>(
        random,
        (b, x, W, bias) => b.add(b.matmul(x, b.constant(W)), b.constant(bias)),
        (b, x, W, bias) => {
          const flat = b.reshape(x, [-1, W.shape[0]!]);
          const y = b.gemm(flat, b.constant(W), b.constant(bias), {});
          return b.reshape(y, ["batch", "pos", W.shape[1]!]);
        },
      ),
    };
    const graph = transformer(forms);
    const model = await Model.fromOnnx(encode(graph), { runtime });
    await expectTrue(model, graph, { words: 11 });
    await model.dispose();
  }
});

/** A file with its weights inside, without branches that are not taken. */
function read(file: string): Graph {
  const graph = decode(readBytes(goldenPath(`onnx/${file}`)));
  const folder = goldenPath(`onnx/${file.split("/")[0]}`);
  const load = (tensor: Initializer): Initializer => {
    if (!("external" in tensor)) return tensor;
    const { location, offset, length } = tensor.external;
    const bytes = readBytes(`${folder}/${location}`).slice(offset, offset + length!);
    return { dtype: "float32", shape: tensor.shape, data: new Float32Array(bytes.buffer) };
  };
  const initializers = new Map([...graph.initializers].map(([name, x]) => [name, load(x)]));
  return exactProducts({ ...graph, initializers });
}

/** The same graph with branches that are taken in the place of their `If`, so that their values can be outputs. */
function runnable(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === "If")) return graph;
  return rewrite(graph, (r) => {
    constantsToInitializers(r);
    inlineIfs(r, new Set());
    r.prune();
  });
}

function feedsOf(graph: Graph, tokens: number[][]): Record<string, TensorLike> {
  const [rows, length] = [tokens.length, tokens[0]!.length];
  const number: Record<string, (r: number, i: number) => number> = {
    input_ids: (r, i) => tokens[r]![i]!,
    position_ids: (_, i) => i,
    attention_mask: () => 1,
  };
  const feed = (name: string, shape: readonly unknown[] | undefined): TensorLike => {
    if (name === "use_cache_branch") return { dtype: "bool", shape: [1], data: Uint8Array.of(0) };
    if (/past/.test(name)) {
      const dims = shape!.map((dim, i) => (typeof dim === "number" ? dim : i === 0 ? rows : 0));
      return { dtype: "float32", shape: dims, data: new Float32Array(0) };
    }
    const at = number[name] ?? (() => 0);
    const data = BigInt64Array.from({ length: rows * length }, (_, i) =>
      BigInt(at(Math.floor(i / length), i % length)),
    );
    return { dtype: "int64", shape: [rows, length], data };
  };
  return Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, feed(name, shape)]));
}

/** Largest difference of a value from factor x hook, over the largest number; infinite where the axes are not those that are claimed. */
function distance(
  hook: TensorLike,
  words: readonly string[],
  value: TensorLike,
  { axes, factor }: HookValue,
): number {
  if (axes.length !== value.shape.length) return Number.POSITIVE_INFINITY;
  const sizes = new Map<string, number>(words.map((word, i) => [word, hook.shape[i]!]));
  const parts = axes.map((axis) => (axis === "1" ? [] : axis.split("*")));
  const extents = parts.map((names, i) => {
    const known = names.reduce((n, name) => n * (sizes.get(name) ?? 1), 1);
    return names.map((name) => sizes.get(name) ?? value.shape[i]! / known);
  });
  if (extents.some((dim, i) => dim.reduce((a, b) => a * b, 1) !== value.shape[i]))
    return Number.POSITIVE_INFINITY;
  const names = parts.flat();
  const flat = extents.flat();
  const absent = words.filter((word) => !names.includes(word));
  const every = [...names, ...absent];
  const counts = [...flat, ...absent.map((word) => sizes.get(word)!)];
  const inner = absent.reduce((n, word) => n * sizes.get(word)!, 1);
  const strides = words.map((_, i) => hook.shape.slice(i + 1).reduce((a, b) => a * b, 1));
  let [worst, largest] = [0, 0];
  const total = counts.reduce((a, b) => a * b, 1);
  for (let i = 0; i < total; i++) {
    let [rest, at] = [i, 0];
    for (let d = every.length - 1; d >= 0; d--) {
      const w = words.indexOf(every[d]!);
      if (w >= 0) at += (rest % counts[d]!) * strides[w]!;
      rest = Math.floor(rest / counts[d]!);
    }
    const [x, y] = [Number(hook.data[at]) * factor, Number(value.data[Math.floor(i / inner)])];
    // What a mask hides is -infinity here, and some very negative number there.
    if (x === Number.NEGATIVE_INFINITY && y < -5000) continue;
    if (!(Math.abs(x - y) < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, Math.abs(x - y));
    largest = Math.max(largest, Math.abs(x));
  }
  return worst / (largest || 1);
}
