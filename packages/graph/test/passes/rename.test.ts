import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Builder, decode, encode, evaluate, rename } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { ModelProtoSchema, SparseTensorProtoSchema, TensorAnnotationSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

function sum() {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch"]);
  const w = b.initializer("w", tensor([10]));
  return b.build([b.named("y", b.mul(b.named("s", b.add(x, w)), x))]);
}

test("inputs, initializers, inner values and outputs take their new names everywhere", () => {
  const graph = rename(sum(), { x: "a", w: "weight", s: "inner", y: "result" });
  expect(graph.inputs).toEqual([{ name: "a", dtype: "float32", shape: ["batch"] }]);
  expect(graph.nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
    [["a", "weight"], ["inner"]],
    [["inner", "a"], ["result"]],
  ]);
  expect([...graph.values.keys()].sort()).toEqual(["a", "inner", "result"]);
  expect([...graph.values.values()].map(({ name }) => name).sort()).toEqual([
    "a",
    "inner",
    "result",
  ]);
  // (2 + 10) * 2
  expect(evaluate(graph, { a: tensor([2]) }).result!.toArray()).toEqual([24]);
});

test("a function renames every value, and undefined leaves a name", () => {
  const graph = rename(sum(), (name) => (name === "x" ? undefined : `layer0.${name}`));
  expect(graph.inputs[0]!.name).toBe("x");
  expect(graph.outputs[0]!.name).toBe("layer0.y");
});

test("two values can swap their names", () => {
  const graph = rename(
    sum(),
    new Map([
      ["s", "y"],
      ["y", "s"],
    ]),
  );
  expect(evaluate(graph, { x: tensor([2]) }).s!.toArray()).toEqual([24]);
});

test("renaming there and back is the identity", () => {
  const there = rename(sum(), (name) => `${name}'`);
  expect(rename(there, (name) => name.slice(0, -1))).toEqual(sum());
});

test("a subgraph follows what it reads from outside and keeps its own names", () => {
  const graph = rename(ifGraph(), { x: "outer_x", y: "result" });
  const branch = graph.nodes[0]!.attrs.then_branch!;
  if (branch.type !== "graph") throw new Error("no branch");
  expect(branch.value.nodes[0]!.inputs).toEqual(["outer_x", "one"]);
  expect(branch.value.nodes[0]!.outputs).toEqual(["then_y"]);
  expect(graph.nodes[0]!.outputs).toEqual(["result"]);
});

test("documentation, sparse initializers and quantization of a decoded file follow", () => {
  const model = fromBinary(ModelProtoSchema, encode(sum()));
  const graph = model.graph!;
  graph.initializer.find(({ name }) => name === "w")!.docString = "a weight";
  const sparse = { dims: [1n], dataType: 1, floatData: [1] };
  graph.sparseInitializer = [create(SparseTensorProtoSchema, { values: { ...sparse, name: "v" } })];
  graph.quantizationAnnotation = [
    create(TensorAnnotationSchema, {
      tensorName: "s",
      quantParameterTensorNames: [{ key: "SCALE_TENSOR", value: "w" }],
    }),
  ];
  const decoded = decode(toBinary(ModelProtoSchema, model));
  const names = { w: "weight", v: "sparse", s: "inner" };
  const again = fromBinary(ModelProtoSchema, encode(rename(decoded, names))).graph!;
  expect(again.initializer.find(({ name }) => name === "weight")!.docString).toBe("a weight");
  expect(again.sparseInitializer[0]!.values!.name).toBe("sparse");
  expect(again.quantizationAnnotation[0]!.tensorName).toBe("inner");
  expect(again.quantizationAnnotation[0]!.quantParameterTensorNames[0]!.value).toBe("weight");
});

test("names that are unknown, shared, empty or taken within a subgraph throw", () => {
  expect(() => rename(sum(), { weight: "a" })).toThrow(new RangeError('rename: no value "weight"'));
  expect(() => rename(sum(), { ss: "a" })).toThrow(
    new RangeError('rename: no value "ss"; did you mean "s"?'),
  );
  expect(() => rename(sum(), { s: "y" })).toThrow(
    new RangeError('rename: "s" and "y" would both be "y"'),
  );
  expect(() => rename(sum(), { s: "" })).toThrow(new RangeError('rename: "s" would have no name'));
  expect(() => rename(ifGraph(), { x: "one" })).toThrow(
    new RangeError('rename: "x" would be "one", which a subgraph has already'),
  );
});
