/** @file The normal form of every real export computes what the export computes, under the same names. */

import { decode, type Graph, type Initializer, inferShapes } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readBytes, readJson } from "../../../../../test/golden";
import { normalForm } from "../../../src/onnx/normal/normal-form";
import { difference, exactProducts, runOnnx, withOutputs } from "./run-onnx";

interface Entry {
  readonly file: string;
  readonly family: string;
}

const files = readJson<Entry[]>(goldenPath("onnx/index.json")).map((x) => x.file);

/** ONNX Runtime refuses a batch of two there. */
const ONE_ROW = /llama\/(dynamo23-sdpa|optimum1-fused)/;
const HALF = /(fp16|q4f16)\.onnx$/;
const POSITIONS = 12;
const PADDING = 3;

test.each(files)("%s keeps its numbers and names", async (file) => {
  const source = read(file);
  const normal = normalForm(source);
  expect(normal.notes).toEqual([]);
  const tolerance = HALF.test(file) ? 3e-2 : 1e-4;
  const options = { optimize: HALF.test(file) };
  const feeds = feedsOf(source, file);
  const names = [...new Set(["logits", ...sharedNames(inferShapes(source), normal.graph)])];
  const theirs = await runOnnx(withOutputs(source, names), feeds, options);
  const ours = await runOnnx(withOutputs(normal.graph, names), feeds);
  for (const name of names) {
    expect(difference(theirs[name]!, ours[name]!), name).toBeLessThan(tolerance);
  }
});

test.each(files)("%s keeps its numbers where prompts are padded", async (file) => {
  const source = read(file);
  const { graph } = normalForm(source);
  const feeds = feedsOf(source, file, PADDING);
  const options = { optimize: HALF.test(file) };
  const theirs = await runOnnx(withOutputs(source, ["logits"]), feeds, options);
  const ours = await runOnnx(graph, feeds);
  const tolerance = HALF.test(file) ? 3e-2 : 1e-4;
  const [p, q] = [theirs, ours].map(({ logits }) => seen(logits!, PADDING));
  expect(difference(p!, q!)).toBeLessThan(tolerance);
});

test.each(files)("%s becomes the documented form", (file) => {
  const source = read(file);
  const { graph } = normalForm(source);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["logits"]);
  const past = graph.inputs.filter(({ name }) => /past/.test(name));
  for (const { name, shape } of past) expect(shape, name).toContain(0);
  const foreign = graph.nodes.filter(({ domain, op }) => domain !== "" && op !== FAKE);
  expect(foreign.map(({ op }) => op)).toEqual([]);
  const hidden = graph.nodes.filter(({ op }) => HIDDEN.test(op));
  expect(hidden.map(({ op }) => op)).toEqual([]);
  for (const [name, { dtype }] of graph.initializers) {
    expect(["float32", "int64", "int32", "bool"], name).toContain(dtype);
  }
  for (const { attrs, outputs } of graph.nodes) {
    expect(attrs.axes, outputs[0]).toBeUndefined();
    expect(Object.values(attrs).every(({ type }) => type !== "graph")).toBe(true);
  }
});

/** What the form has no more. */
const HIDDEN =
  /^(If|Constant|Attention|RotaryEmbedding|SimplifiedLayerNormalization|DequantizeLinear|DynamicQuantizeLinear|MatMulInteger)$/;
const FAKE = "FakeQuantizeLinear";

/** A file with its weights inside and exact products. */
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

function feedsOf(graph: Graph, file: string, padding = 0): Record<string, TensorLike> {
  const rows = ONE_ROW.test(file) ? 1 : 2;
  const feed = (name: string, shape: readonly unknown[] | undefined): TensorLike => {
    if (name === "use_cache_branch") return { dtype: "bool", shape: [1], data: Uint8Array.of(0) };
    if (/past/.test(name)) {
      const dims = shape!.map((dim, i) => (typeof dim === "number" ? dim : i === 0 ? rows : 0));
      return { dtype: "float32", shape: dims, data: new Float32Array(0) };
    }
    const number = (i: number) => {
      if (name === "input_ids") return (7 * i * i + 3 * i + 5) % 90;
      if (name === "position_ids") return i % POSITIONS;
      const padded = i >= rows * POSITIONS - padding;
      return name === "attention_mask" && !padded ? 1 : 0;
    };
    const data = BigInt64Array.from({ length: rows * POSITIONS }, (_, i) => BigInt(number(i)));
    return { dtype: "int64", shape: [rows, POSITIONS], data };
  };
  return Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, feed(name, shape)]));
}

/** Float values that both graphs make. */
function sharedNames(source: Graph, normal: Graph): string[] {
  const made = new Set(source.nodes.flatMap(({ outputs }) => outputs));
  return normal.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => made.has(name) && source.values.get(name)?.dtype === "float32");
}

/** Logits in front of the padding, which stands at the end of the last row. */
function seen(logits: TensorLike, padding: number): TensorLike {
  const [rows, positions, words] = logits.shape as [number, number, number];
  const count = (rows * positions - padding) * words;
  return { dtype: "float32", shape: [count], data: (logits.data as Float32Array).slice(0, count) };
}
