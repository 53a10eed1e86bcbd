/** @file Quantized weights and activations are read as ONNX Runtime reads them. */

import { Builder, evaluate, type Graph, type Initializer } from "@diopter/graph";
import { Random, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { normalForm } from "../../../src/onnx/normal/normal-form";
import { fakeQuantize, lowerFakeQuantize } from "../../../src/transformer/linear";
import { difference, runOnnx } from "./run-onnx";

const random = new Random(3);
const floats = (...shape: number[]): TensorLike => {
  const size = shape.reduce((n, dim) => n * dim, 1);
  const data = Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
  return { dtype: "float32", shape, data };
};
const bytes = (...shape: number[]): TensorLike => {
  const size = shape.reduce((n, dim) => n * dim, 1);
  const data = Uint8Array.from({ length: size }, () => random.integer(0, 256));
  return { dtype: "uint8", shape, data };
};
const raw = (dtype: "int8" | "int4" | "uint4", shape: readonly number[], ...data: number[]) =>
  ({ dtype, shape, raw: Uint8Array.from(data, (n) => n & 255) }) as const;

/** x → y through nodes that read constants. */
function graphOf(
  nodes: Graph["nodes"],
  constants: Readonly<Record<string, Initializer>>,
  width: number,
  opset = 21,
): Graph {
  return {
    name: "quantized",
    inputs: [{ name: "x", dtype: "float32", shape: [2, 3, width] }],
    outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    nodes,
    initializers: new Map(Object.entries(constants)),
    values: new Map(),
    opsets: { "": opset, "com.microsoft": 1 },
  };
}

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attrs: Readonly<Record<string, number>> = {},
  domain = "",
): Graph["nodes"][number] => ({
  op,
  domain,
  inputs,
  outputs,
  attrs: Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [name, { type: "int", value }]),
  ),
});

async function expectSame(graph: Graph, width: number, tolerance = 1e-5): Promise<Graph> {
  const x = floats(2, 3, width);
  const normal = normalForm(graph);
  expect(normal.notes).toEqual([]);
  const [theirs, ours] = [await runOnnx(graph, { x }), await runOnnx(normal.graph, { x })];
  expect(difference(theirs.y!, ours.y!)).toBeLessThan(tolerance);
  return normal.graph;
}

test.each([
  { bits: 4, K: 64, N: 3, block: 32, zeros: false },
  { bits: 4, K: 80, N: 5, block: 16, zeros: true },
  { bits: 4, K: 40, N: 3, block: 32, zeros: true },
  { bits: 8, K: 64, N: 3, block: 32, zeros: true },
])(
  "a product with $bits-bit codes, $K to $N in blocks of $block, is one with floats",
  async ({ bits, K, N, block, zeros }) => {
    const blocks = Math.ceil(K / block);
    const attrs = { K, N, bits, block_size: block };
    const constants = {
      b: bytes(N, blocks, (block * bits) / 8),
      scales: floats(N, blocks),
      ...(zeros && { zeros: bytes(N, Math.ceil((blocks * bits) / 8)) }),
    };
    const inputs = ["x", "b", "scales", ...(zeros ? ["zeros"] : [])];
    const product = node("MatMulNBits", inputs, ["y"], attrs, "com.microsoft");
    const normal = await expectSame(graphOf([product], constants, K), K);
    expect(normal.nodes.map(({ op }) => op)).toEqual(["MatMul"]);
  },
);

test("codes of the low bits come first, and 8 is zero", () => {
  // Bytes 0x90 and 0x7f hold 0, 9, 15, 7: minus 8 and times 0.5 that is -4, 0.5, 3.5, -0.5.
  const constants: Record<string, Initializer> = {
    b: { dtype: "uint8", shape: [1, 1, 8], data: Uint8Array.of(0x90, 0x7f, 0, 0, 0, 0, 0, 0) },
    scales: { dtype: "float32", shape: [1, 1], data: Float32Array.of(0.5) },
  };
  const attrs = { K: 4, N: 1, bits: 4, block_size: 16 };
  const product = node("MatMulNBits", ["x", "b", "scales"], ["y"], attrs, "com.microsoft");
  const { graph } = normalForm(graphOf([product], constants, 4));
  const weight = graph.initializers.get(graph.nodes[0]!.inputs[1]!) as TensorLike;
  expect(Array.from(weight.data as Float32Array)).toEqual([-4, 0.5, 3.5, -0.5]);
});

test("a tensor of one scale is dequantized", async () => {
  const constants = {
    w: raw("int8", [4, 2], 1, -2, 3, -4, 5, -128, 127, 0),
    s: { dtype: "float32" as const, shape: [], data: Float32Array.of(0.25) },
    z: raw("int8", [], -3),
  };
  const nodes = [
    node("DequantizeLinear", ["w", "s", "z"], ["f"]),
    node("MatMul", ["x", "f"], ["y"]),
  ];
  const normal = await expectSame(graphOf(nodes, constants, 4), 4);
  expect(normal.nodes.map(({ op }) => op)).toEqual(["MatMul"]);
});

test("a tensor of one scale per column is dequantized", async () => {
  const constants = { w: bytes(4, 3), s: floats(3), z: bytes(3) };
  const nodes = [
    node("DequantizeLinear", ["w", "s", "z"], ["f"], { axis: -1 }),
    node("MatMul", ["x", "f"], ["y"]),
  ];
  await expectSame(graphOf(nodes, constants, 4), 4);
});

test.each(["int4", "uint4"] as const)("a tensor of %s in blocks is dequantized", async (dtype) => {
  const codes = Array.from({ length: 16 * 3 }, () => random.integer(0, 256));
  const constants = {
    w: raw(dtype, [32, 3], ...codes),
    s: floats(2, 3),
    z: raw(dtype, [2, 3], 0x21, 0x43, 0x65),
  };
  const nodes = [
    node("DequantizeLinear", ["w", "s", "z"], ["f"], { axis: 0, block_size: 16 }),
    node("MatMul", ["x", "f"], ["y"]),
  ];
  await expectSame(graphOf(nodes, constants, 32), 32);
});

test("a dynamic int8 product reads one marker per activation", async () => {
  const constants = {
    w: raw("int8", [4, 2], 1, -2, 3, -4, 5, -128, 127, 0),
    s: { dtype: "float32" as const, shape: [], data: Float32Array.of(0.25) },
    z: raw("int8", [], 0),
  };
  const product = (name: string) => [
    node("MatMulInteger", ["q", "w", "qz", "z"], [`${name}i`]),
    node("Cast", [`${name}i`], [`${name}c`], { to: 1 }),
    node("Mul", ["qs", "s"], [`${name}s`]),
    node("Mul", [`${name}c`, `${name}s`], [name]),
  ];
  const nodes = [
    node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
    ...product("a"),
    ...product("b"),
    node("Add", ["a", "b"], ["y"]),
  ];
  const normal = await expectSame(graphOf(nodes, constants, 4), 4);
  const markers = normal.nodes.filter(({ domain }) => domain === "diopter");
  expect(markers.map(({ op }) => op)).toEqual(["FakeQuantizeLinear"]);
  expect(lowerFakeQuantize(normal).nodes.every(({ domain }) => domain === "")).toBe(true);
});

test("fake quantization rounds to 256 steps that hold zero", () => {
  // From -1 to 4 a step is 5 / 255 = 1/51; zero is step 51. 0.5 is 25.5 steps, to even: 26, so 26 / 51.
  const b = new Builder();
  const x = b.input("x", "float32", [3]);
  const graph = b.build([b.named("y", fakeQuantize(b, x))]);
  const data = Float32Array.of(-1, 0.5, 4);
  const { y } = evaluate(graph, { x: { dtype: "float32", shape: [3], data } });
  expect(Array.from(y!.data as Float64Array, (v) => Math.round(v * 51))).toEqual([-51, 26, 204]);
});

test("fake quantization is what DynamicQuantizeLinear and DequantizeLinear make", async () => {
  const nodes = [
    node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
    node("DequantizeLinear", ["q", "s", "z"], ["y"]),
  ];
  const b = new Builder();
  const value = b.input("x", "float32", [2, 3, 4]);
  const own = b.build([b.named("y", fakeQuantize(b, value))]);
  for (const x of [floats(2, 3, 4), { ...floats(2, 3, 4), data: new Float32Array(24) }]) {
    const theirs = await runOnnx(graphOf(nodes, {}, 4), { x });
    expect(difference(theirs.y!, (await runOnnx(own, { x })).y!)).toBeLessThan(1e-6);
  }
});
