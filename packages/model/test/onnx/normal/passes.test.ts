/** @file What each pass does to a small graph. */

import { Builder, evaluate, type Graph, type Initializer, type Node } from "@diopter/graph";
import { float32ToFloat16, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";
import { normalForm } from "../../../src/onnx/normal/normal-form";
import { difference } from "./run-onnx";

const floats = (shape: readonly number[], scale = 1): TensorLike => {
  const size = shape.reduce((n, dim) => n * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => scale * Math.sin(5 * i + 1));
  return { dtype: "float32", shape, data };
};
const ids: TensorLike = {
  dtype: "int64",
  shape: [1, 3],
  data: BigInt64Array.from([0, 1, 2], BigInt),
};

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attrs: Node["attrs"] = {},
  domain = "",
): Node => ({ op, domain, inputs, outputs, attrs });

function graphOf(
  nodes: readonly Node[],
  more: Partial<Graph> = {},
  constants: Readonly<Record<string, Initializer>> = {},
): Graph {
  return {
    name: "small",
    inputs: [{ name: "x", dtype: "float32", shape: ["b", 3, 4] }],
    outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    nodes,
    initializers: new Map(Object.entries(constants)),
    values: new Map(),
    opsets: { "": 18 },
    ...more,
  };
}

test("a merged decoder becomes its branch without a past, under the branch's names", () => {
  const branch = (op: string): Graph => ({
    ...graphOf([node(op, ["x"], ["inner"]), node("Neg", ["inner"], ["y"])]),
    inputs: [],
  });
  const attrs: Node["attrs"] = {
    then_branch: { type: "graph", value: branch("Exp") },
    else_branch: { type: "graph", value: branch("Abs") },
  };
  const flag = { name: "use_cache_branch", dtype: "bool" as const, shape: [1] };
  const inputs = [...graphOf([]).inputs, flag];
  const { graph } = normalForm(
    graphOf([node("If", ["use_cache_branch"], ["y"], attrs)], { inputs }),
  );
  expect(graph.nodes.flatMap(({ inputs }) => inputs)).not.toContain("use_cache_branch");
  expect(graph.nodes.map(({ op, outputs }) => `${op} ${outputs}`)).toEqual(["Abs inner", "Neg y"]);
});

test("a branch whose names are taken gets others", () => {
  const branch: Graph = {
    ...graphOf([node("Neg", ["x"], ["a"])]),
    inputs: [],
    outputs: [{ name: "a", dtype: "float32", shape: undefined }],
  };
  const attrs: Node["attrs"] = {
    then_branch: { type: "graph", value: branch },
    else_branch: { type: "graph", value: branch },
  };
  const nodes = [
    node("Exp", ["x"], ["a"]),
    node("If", ["yes"], ["c"], attrs),
    node("Add", ["a", "c"], ["y"]),
  ];
  const yes: Initializer = { dtype: "bool", shape: [], data: Uint8Array.of(1) };
  const source = graphOf(nodes, {}, { yes });
  const { graph } = normalForm(source);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Exp", "Neg", "Identity", "Add"]);
  const x = floats([1, 3, 4]);
  const exact = x.data as Float32Array;
  const { y } = evaluate(graph, { x });
  expect((y!.data as Float64Array)[1]).toBeCloseTo(Math.exp(exact[1]!) - exact[1]!, 6);
});

test("an If that depends on an input stays, and is noted", () => {
  const branch: Graph = { ...graphOf([node("Neg", ["x"], ["y"])]), inputs: [] };
  const attrs: Node["attrs"] = {
    then_branch: { type: "graph", value: branch },
    else_branch: { type: "graph", value: branch },
  };
  const inputs = [...graphOf([]).inputs, { name: "flag", dtype: "bool" as const, shape: [] }];
  const normal = normalForm(graphOf([node("If", ["flag"], ["y"], attrs)], { inputs }));
  expect(normal.notes).toEqual(["If stays as it is"]);
});

test("the past is empty, the present is no output, and what is computed keeps its numbers", () => {
  const b = new Builder();
  b.input("input_ids", "int64", ["batch", "pos"]);
  const past = b.input("past_key_values.0.key", "float32", ["batch", 2, "past", 4]);
  const k = b.input("k", "float32", ["batch", 2, "pos", 4]);
  const key = b.named("present.0.key", b.concat([past, b.neg(k)], 2));
  const length = b.shapeOf(past, 2);
  const y = b.named("logits", b.add(b.mul(key, key), b.cast(length, "float32")));
  const { graph, notes } = normalForm(b.build([y, key]));
  expect(notes).toEqual([]);
  expect(graph.inputs.map(({ shape }) => shape)).toContainEqual(["batch", 2, 0, 4]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["logits"]);
  const empty: TensorLike = { dtype: "float32", shape: [1, 2, 0, 4], data: new Float32Array(0) };
  const feeds = { "past_key_values.0.key": empty, k: floats([1, 2, 3, 4]), input_ids: ids };
  const { logits } = evaluate(graph, feeds);
  const squares = (feeds.k.data as Float32Array).map((x) => x * x);
  expect(difference({ ...feeds.k, data: squares }, logits!)).toBeLessThan(1e-6);
});

test("float16 becomes float32", () => {
  const half: Initializer = {
    dtype: "float16",
    shape: [4],
    data: float32ToFloat16(Float32Array.of(1, -2, 0.5, 4)),
  };
  const to = (value: number) => ({ to: { type: "int" as const, value } });
  const nodes = [
    node("Cast", ["x"], ["h"], to(10)),
    node("Mul", ["h", "w"], ["m"]),
    node("Cast", ["m"], ["y"], to(1)),
  ];
  const { graph } = normalForm(graphOf(nodes, {}, { w: half }));
  expect(graph.nodes.map(({ op, inputs, outputs }) => `${op} ${inputs} ${outputs}`)).toEqual([
    "Cast x h",
    "Mul h,w m",
    "Cast m y",
  ]);
  expect(graph.nodes[0]!.attrs).toEqual(to(1));
  expect(graph.initializers.get("w")).toMatchObject({
    dtype: "float32",
    data: Float32Array.of(1, -2, 0.5, 4),
  });
});

test("axes that are attributes become inputs", () => {
  const axes = (...value: number[]) => ({ axes: { type: "ints" as const, value } });
  const nodes = [
    node("Unsqueeze", ["x"], ["u"], axes(1)),
    node("ReduceSum", ["u"], ["r"], axes(1)),
    node("Squeeze", ["r"], ["y"], axes(1)),
  ];
  const source = graphOf(nodes, { opsets: { "": 11 } });
  const { graph } = normalForm(source);
  expect(graph.nodes.every(({ attrs }) => attrs.axes === undefined)).toBe(true);
  const x = floats([2, 3, 4]);
  expect(difference(x, evaluate(graph, { x }).y!)).toBe(0);
});

test("unknown ops stay, and are noted", () => {
  const source = graphOf([node("Secret", ["x"], ["y"], {}, "example")]);
  expect(normalForm(source).graph.nodes.map(({ op }) => op)).toEqual(["Secret"]);
  expect(normalForm(source).notes).toEqual(["example::Secret stays as it is"]);
});

test("a graph whose shapes contradict each other is taken as it is", () => {
  const source = graphOf([node("MatMul", ["x", "w"], ["y"])], {}, { w: floats([7, 2]) });
  const normal = normalForm(source);
  expect(normal.graph.nodes).toHaveLength(1);
  expect(normal.notes[0]).toMatch(/^shapes are unknown: .*inner/);
});

test("the graph that is given does not change", () => {
  const source = graphOf([node("Identity", ["x"], ["a"]), node("Neg", ["a"], ["y"])]);
  const before = JSON.stringify([source.nodes, source.inputs, source.outputs]);
  normalForm(source);
  expect(JSON.stringify([source.nodes, source.inputs, source.outputs])).toBe(before);
});
