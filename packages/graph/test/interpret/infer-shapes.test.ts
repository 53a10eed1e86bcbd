import { Builder, type Graph, inferShapes, type Node, type ValueInfo } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";

const node = (op: string, inputs: string[], outputs: string[], domain = ""): Node => ({
  op,
  domain,
  inputs,
  outputs,
  attrs: {},
});
const info = (
  name: string,
  shape?: ValueInfo["shape"],
  dtype: ValueInfo["dtype"] = "float32",
): ValueInfo => ({ name, dtype, shape });

function graphOf(
  inputs: ValueInfo[],
  nodes: Node[],
  outputs: ValueInfo[],
  more: Partial<Graph> = {},
): Graph {
  return {
    name: "g",
    inputs,
    outputs,
    nodes,
    initializers: new Map(),
    values: new Map(),
    opsets: { "": 18 },
    ...more,
  };
}

test("a graph without shapes gets those that the builder would have given it", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", "pos", 4]);
  const y = b.softmax(b.matmul(x, b.transpose(x, [0, 2, 1])));
  const built = b.build([b.named("y", b.reshape(y, ["batch", "pos*pos"]))]);
  const bare = {
    ...built,
    values: new Map(),
    outputs: built.outputs.map(({ name }) => info(name)),
  };
  const inferred = inferShapes(bare);
  expect(inferred.values).toEqual(built.values);
  expect(inferred.outputs).toEqual(built.outputs);
  expect(bare.values.size).toBe(0);
});

test("shapes are followed through the arithmetic that exporters write for them", () => {
  const initializers = new Map([
    ["one", tensor([1], { dtype: "int64" })],
    ["two", tensor([2], { dtype: "int64" })],
    ["rest", tensor([-1], { dtype: "int64" })],
  ]);
  const concat: Node = {
    ...node("Concat", ["n", "two", "rest"], ["target"]),
    attrs: { axis: { type: "int", value: 0 } },
  };
  const nodes = [
    node("Shape", ["x"], ["s"]),
    node("Gather", ["s", "one"], ["n"]),
    concat,
    node("Reshape", ["x", "target"], ["y"]),
  ];
  const { values } = inferShapes(
    graphOf([info("x", [6, "pos"])], nodes, [info("y")], { initializers }),
  );
  expect(values.get("target")?.shape).toEqual([3]);
  expect(values.get("y")?.shape).toEqual(["pos", 2, 3]);
});

test("an op that is not in the table keeps what was declared, and what follows is inferred from that", () => {
  const nodes = [
    node("Foo", ["x"], ["h"], "com.example"),
    node("Neg", ["h"], ["y"]),
    node("Bar", ["y"], ["z"]),
    node("Exp", ["z"], ["w"]),
  ];
  const values = new Map([["h", info("h", ["n", 3], "float16")]]);
  const made = inferShapes(
    graphOf([info("x", [2])], nodes, [info("w", undefined, "undefined")], { values }),
  ).values;
  expect(made.get("y")).toEqual(info("y", ["n", 3], "float16"));
  expect(made.has("z")).toBe(false);
  expect(made.has("w")).toBe(false);
});

test("one size under two names is no contradiction, two sizes are", () => {
  const add = [node("Add", ["p", "q"], ["y"])];
  const named = inferShapes(
    graphOf([info("p", ["a", 2]), info("q", ["b", 2])], add, [info("y", ["c", 2])]),
  );
  expect(named.outputs[0]!.shape).toEqual(["c", 2]);
  expect(() =>
    inferShapes(graphOf([info("p", ["a", 2]), info("q", ["b", 3])], add, [info("y")])),
  ).toThrow(new RangeError("Add: shapes do not broadcast: p [a, 2] and q [b, 3]"));
});

test("before operator set 18 the axes of a mean are an attribute", () => {
  const mean: Node = {
    ...node("ReduceMean", ["x"], ["y"]),
    attrs: { axes: { type: "ints", value: [-1] } },
  };
  const graph = graphOf([info("x", ["n", 3])], [mean], [info("y")], { opsets: { "": 13 } });
  expect(inferShapes(graph).outputs[0]!.shape).toEqual(["n", 1]);
});
