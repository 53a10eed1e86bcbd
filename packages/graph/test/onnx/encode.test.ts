import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Builder, decode, differentiate, encode, evaluate, type Graph } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import { ModelProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

function small(opset = 20): Graph {
  const b = new Builder({ name: "small", opset });
  const x = b.input("x", "float32", ["batch", 2]);
  const w = b.initializer(
    "w",
    tensor([
      [1, 2],
      [3, 4],
    ]),
  );
  return b.build([b.named("y", b.add(b.softmax(b.matmul(x, w)), 0.5))]);
}

const model = (graph: Graph) => fromBinary(ModelProtoSchema, encode(graph));

test("ONNX Runtime computes from the file what evaluate computes from the graph", async () => {
  const session = await InferenceSession.create(encode(small()));
  const { y } = await session.run({ x: new Tensor("float32", [1, -1, 0.5, 2], [2, 2]) });
  const expected = evaluate(small(), {
    x: tensor([
      [1, -1],
      [0.5, 2],
    ]),
  }).y!;
  expect({ dtype: "float32", shape: y!.dims, data: y!.data as Float32Array }).toBeAllclose(
    expected,
  );
});

test("the IR version is the one of the opset", () => {
  expect(model(small(17)).irVersion).toBe(9n);
  expect(model(small(20)).irVersion).toBe(9n);
  expect(model(small(21)).irVersion).toBe(10n);
  expect(model(small(23)).irVersion).toBe(11n);
});

test("initializers are raw little-endian bytes, symbolic dimensions are dim_param", () => {
  const { graph } = model(small());
  const w = graph!.initializer.find(({ name }) => name === "w")!;
  // 1.0 is 0x3f800000
  expect([...w.rawData.subarray(0, 4)]).toEqual([0, 0, 0x80, 0x3f]);
  expect(w.dims).toEqual([2n, 2n]);
  const type = graph!.input[0]!.type!.value;
  if (type.case !== "tensorType") throw new Error("no tensor");
  expect(type.value.shape!.dim.map(({ value }) => value.value)).toEqual(["batch", 2n]);
});

test("weights as inputs leave only declarations in the file", async () => {
  const bytes = encode(small(), { weightsAs: "inputs" });
  const { graph } = fromBinary(ModelProtoSchema, bytes);
  expect(graph!.initializer).toEqual([]);
  expect(graph!.input.map(({ name }) => name)).toEqual(["x", "w", "constant_0"]);
  const session = await InferenceSession.create(bytes);
  const feeds = {
    x: new Tensor("float32", [1, -1], [1, 2]),
    w: new Tensor("float32", [1, 2, 3, 4], [2, 2]),
    constant_0: new Tensor("float32", [0.5], []),
  };
  const { y } = await session.run(feeds);
  const expected = evaluate(small(), { x: tensor([[1, -1]]) }).y!;
  expect({ dtype: "float32", shape: y!.dims, data: y!.data as Float32Array }).toBeAllclose(
    expected,
  );
});

test("absent inputs are empty strings", async () => {
  const b = new Builder();
  const x = b.input("x", "float32", [3]);
  // Clip without a lower bound.
  const graph = b.build(b.node("Clip", [x, undefined, b.constant(2)], {}, { outputs: ["y"] }));
  expect(model(graph).graph!.node[0]!.input).toEqual(["x", "", "constant_0"]);
  const session = await InferenceSession.create(encode(graph));
  const { y } = await session.run({ x: new Tensor("float32", [-5, 1, 7], [3]) });
  expect([...(y!.data as Float32Array)]).toEqual([-5, 1, 2]);
});

test("what is decoded equals what was encoded, a backward pass and subgraphs included", () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 4]);
  const norm = b.layerNorm(x, b.initializer("w", tensor([1, 2, 3, 4])), undefined, {
    epsilon: 1e-5,
  });
  const loss = b.named("loss", b.sum(b.gelu(norm)));
  const gradient = differentiate(b.build([loss]), { of: "loss", wrt: ["x"] });
  for (const graph of [small(), gradient, ifGraph()]) {
    const again = decode(encode(graph));
    expect(again).toEqual(graph);
    expect(encode(again)).toEqual(encode(graph));
  }
});

test("every element type of initializers comes back with its numbers", () => {
  const b = new Builder();
  const tensors = {
    float64: tensor([1.5, -2], { dtype: "float64" }),
    float16: tensor([1.5, -2], { dtype: "float16" }),
    int64: tensor([1, -2], { dtype: "int64" }),
    int32: tensor([1, -2], { dtype: "int32" }),
    uint8: tensor([1, 255], { dtype: "uint8" }),
    bool: tensor([1, 0], { dtype: "bool" }),
  };
  for (const [name, value] of Object.entries(tensors)) b.initializer(name, value);
  const graph = b.build([b.input("x", "float32", [])]);
  const again = decode(encode(graph));
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    expect(again.initializers.get(name)).toEqual({ dtype, shape, data });
  }
});

test("strings, opaque element types and external data come back as they were", () => {
  const graph: Graph = {
    ...small(),
    initializers: new Map([
      ...small().initializers,
      ["words", { dtype: "string", shape: [2], raw: [Uint8Array.of(104, 105), new Uint8Array()] }],
      ["nibbles", { dtype: "int4", shape: [3], raw: Uint8Array.of(0x21, 0x03) }],
      [
        "far",
        { dtype: "float32", shape: [2], external: { location: "w.bin", offset: 64, length: 8 } },
      ],
      ["near", { dtype: "float32", shape: [2], external: { location: "../w.bin", offset: 0 } }],
    ]),
  };
  expect(decode(encode(graph))).toEqual(graph);
});

test("every kind of attribute comes back", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [1]);
  const attrs = {
    i: { type: "int", value: -3 },
    big: { type: "int", value: 2n ** 62n },
    is: { type: "ints", value: [1, -2] },
    none: { type: "ints", value: [] },
    f: { type: "float", value: 1e-5 },
    fs: { type: "floats", value: [0.1, Number.NEGATIVE_INFINITY] },
    s: { type: "string", value: "größer" },
    bytes: { type: "bytes", value: Uint8Array.of(0xff, 0x00) },
    ss: { type: "strings", value: ["a", ""] },
    t: { type: "tensor", value: { dtype: "float32", shape: [1], data: Float32Array.of(7) } },
  } as const;
  const [y] = b.node("Mystery", [x], attrs, { domain: "elsewhere", outputs: ["y"] });
  const again = decode(encode(b.build([y!])));
  expect(again.nodes[0]!.attrs).toEqual(attrs);
  expect(again.opsets).toEqual({ "": 20, elsewhere: 1 });
});

test("what Graph has no field for survives: functions' home, metadata, documentation", () => {
  const original = model(small());
  const entry = create(StringStringEntryProtoSchema, { key: "author", value: "me" });
  original.producerName = "somebody";
  original.metadataProps = [entry];
  original.graph!.docString = "a graph";
  original.graph!.node[0]!.docString = "a node";
  original.graph!.node[0]!.metadataProps = [entry];
  original.graph!.initializer[0]!.docString = "a weight";
  original.graph!.input[0]!.docString = "an input";
  const again = fromBinary(ModelProtoSchema, encode(decode(toBinary(ModelProtoSchema, original))));
  expect(again.producerName).toBe("somebody");
  expect(again.metadataProps).toEqual([entry]);
  expect(again.graph!.docString).toBe("a graph");
  expect(again.graph!.node[0]).toMatchObject({ docString: "a node", metadataProps: [entry] });
  expect(again.graph!.initializer[0]!.docString).toBe("a weight");
  expect(again.graph!.input[0]!.docString).toBe("an input");
});

test("an attribute declared as integer must be one", () => {
  const graph = small();
  const [first, ...rest] = graph.nodes;
  const attrs = { axis: { type: "int", value: 1.5 } } as const;
  expect(() => encode({ ...graph, nodes: [{ ...first!, attrs }, ...rest] })).toThrow(
    new RangeError(`encode: attribute "axis" of MatMul "${first!.outputs[0]}" is no integer: 1.5`),
  );
});

test("a file beyond 2 GiB is refused before it is made", () => {
  // Three views of one array: 3 GiB on paper.
  const data = new Float32Array(2 ** 28);
  const initializers = new Map(
    ["a", "b", "c"].map((name) => [name, { dtype: "float32", shape: [2 ** 28], data } as const]),
  );
  expect(() => encode({ ...small(), initializers })).toThrow(
    /^encode: the file would hold 32\d+ bytes, protocol buffers end at 2147483647; give the weights at run time \(weightsAs: "inputs"\)$/,
  );
});
