import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Builder, decode, encode, type Graph, type Node } from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import { expect, test } from "vitest";

const Type = TensorProto_DataType;

/** y = relu(x w) */
function file(): Uint8Array {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 2]);
  const w = b.initializer(
    "w",
    tensor([
      [1, 2],
      [3, 4],
    ]),
  );
  return encode(b.build([b.named("y", b.relu(b.named("h", b.matmul(x, w))))]));
}

function changed(change: (model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, file());
  change(model);
  return toBinary(ModelProtoSchema, model);
}

function withTensor(fields: object): Uint8Array {
  return changed((model) => {
    model.graph!.initializer.push(create(TensorProtoSchema, { name: "t", ...fields }));
  });
}

const readTensor = (fields: object) => decode(withTensor(fields)).initializers.get("t");
const message = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "nothing thrown";
};
const refusal = (bytes: Uint8Array) => message(() => decode(bytes));

test("numbers are read from whichever field holds them", () => {
  const read = (fields: object) => readTensor({ dims: [2n], ...fields });
  expect(read({ dataType: Type.FLOAT, floatData: [1.5, -2] })).toEqual({
    dtype: "float32",
    shape: [2],
    data: Float32Array.of(1.5, -2),
  });
  expect(read({ dataType: Type.DOUBLE, doubleData: [1.5, -2] })).toMatchObject({
    data: Float64Array.of(1.5, -2),
  });
  expect(read({ dataType: Type.INT64, int64Data: [2n ** 60n, -1n] })).toMatchObject({
    data: BigInt64Array.of(2n ** 60n, -1n),
  });
  expect(read({ dataType: Type.INT32, int32Data: [7, -7] })).toMatchObject({
    data: Int32Array.of(7, -7),
  });
  expect(read({ dataType: Type.UINT8, int32Data: [0, 255] })).toMatchObject({
    data: Uint8Array.of(0, 255),
  });
  expect(read({ dataType: Type.BOOL, int32Data: [1, 0] })).toMatchObject({
    dtype: "bool",
    data: Uint8Array.of(1, 0),
  });
  // 0x3e00 is 1.5 in half precision
  expect(read({ dataType: Type.FLOAT16, int32Data: [0x3e00, 0x8000] })).toMatchObject({
    dtype: "float16",
    data: Uint16Array.of(0x3e00, 0x8000),
  });
});

test("element types that are only carried come as bytes", () => {
  expect(readTensor({ dims: [1n], dataType: Type.BFLOAT16, int32Data: [0x3fc0] })).toEqual({
    dtype: "bfloat16",
    shape: [1],
    raw: Uint8Array.of(0xc0, 0x3f),
  });
  expect(readTensor({ dims: [2n], dataType: Type.INT8, int32Data: [-1, 1] })).toMatchObject({
    raw: Uint8Array.of(255, 1),
  });
  expect(
    readTensor({ dims: [1n], dataType: Type.UINT32, uint64Data: [4000000000n] }),
  ).toMatchObject({
    raw: new Uint8Array(Uint32Array.of(4000000000).buffer),
  });
  // Three elements of 4 bits take 2 bytes.
  expect(readTensor({ dims: [3n], dataType: Type.UINT4, int32Data: [0x21, 0x03] })).toMatchObject({
    dtype: "uint4",
    raw: Uint8Array.of(0x21, 0x03),
  });
  expect(
    readTensor({ dims: [1n], dataType: Type.STRING, stringData: [Uint8Array.of(97)] }),
  ).toEqual({ dtype: "string", shape: [1], raw: [Uint8Array.of(97)] });
});

test("raw bytes are read at any position in the file, without a copy where they are aligned", () => {
  for (let shift = 0; shift < 8; shift++) {
    const bytes = file();
    const moved = new Uint8Array(bytes.length + shift).subarray(shift);
    moved.set(bytes);
    expect(decode(moved).initializers.get("w")).toEqual({
      dtype: "float32",
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    });
  }
});

test("unknown ops, domains and attributes are kept", () => {
  const bytes = changed((model) => {
    const [node] = model.graph!.node;
    node!.opType = "FusedMatMul";
    node!.domain = "com.microsoft";
    const referring = { name: "r", refAttrName: "outer", type: AttributeProto_AttributeType.INT };
    node!.attribute = [create(AttributeProtoSchema, referring)];
  });
  const graph = decode(bytes);
  expect(graph.nodes[0]).toMatchObject({ op: "FusedMatMul", domain: "com.microsoft" });
  expect(graph.nodes[0]!.attrs.r!.type).toBe("raw");
  const again = fromBinary(ModelProtoSchema, encode(graph));
  expect(again.graph!.node[0]!.attribute[0]).toMatchObject({ name: "r", refAttrName: "outer" });
});

test("the standard domain has one name", () => {
  const bytes = changed((model) => {
    model.opsetImport[0]!.domain = "ai.onnx";
    for (const node of model.graph!.node) node.domain = "ai.onnx";
  });
  expect(decode(bytes).opsets).toEqual({ "": 20 });
  expect(decode(bytes).nodes.map(({ domain }) => domain)).toEqual(["", ""]);
});

test("nodes come in execution order even if the file has them otherwise", () => {
  const graph = decode(changed((model) => model.graph!.node.reverse()));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["MatMul", "Relu"]);
});

test("attributes of files that do not say their type are read by the field that is filled", () => {
  const bytes = changed((model) => {
    const untyped = (name: string, fields: object) => {
      const attribute = create(AttributeProtoSchema, { name, ...fields });
      return attribute;
    };
    model.graph!.node[0]!.attribute = [
      untyped("f", { f: 0.5 }),
      untyped("i", { i: 3n }),
      untyped("is", { ints: [1n, 2n] }),
      untyped("s", { s: Uint8Array.of(97) }),
    ];
  });
  expect(decode(bytes).nodes[0]!.attrs).toEqual({
    f: { type: "float", value: 0.5 },
    i: { type: "int", value: 3 },
    is: { type: "ints", value: [1, 2] },
    s: { type: "string", value: "a" },
  });
});

test("dimensions that a file gives as negative or not at all are unknown", () => {
  const bytes = changed((model) => {
    const type = model.graph!.input[0]!.type!.value;
    if (type.case !== "tensorType") throw new Error("no tensor");
    const dims = type.value.shape!.dim;
    dims[0]!.value = { case: "dimValue", value: -1n };
    dims[1]!.value = { case: undefined };
  });
  expect(decode(bytes).inputs[0]!.shape).toEqual([null, null]);
});

test("external data outside the folder is recorded, not opened", () => {
  const pair = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  const external = (...pairs: [string, string][]) => ({
    dims: [2n],
    dataType: Type.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: pairs.map(([key, value]) => pair(key, value)),
  });
  const outside = "../../../../etc/passwd";
  expect(
    readTensor(external(["location", outside], ["offset", "4096"], ["checksum", "ab"])),
  ).toEqual({
    dtype: "float32",
    shape: [2],
    external: { location: outside, offset: 4096 },
  });
  expect(refusal(withTensor(external(["offset", "0"])))).toBe(
    'RangeError: onnx: initializer "t" is external, but nothing says where',
  );
  expect(refusal(withTensor(external(["location", "w"], ["offset", "-1"])))).toBe(
    'RangeError: onnx: initializer "t" has no valid external offset: "-1"',
  );
  expect(refusal(withTensor(external(["location", "w"], ["length", "99999999999999999"])))).toBe(
    'RangeError: onnx: initializer "t" has no valid external length: "99999999999999999"',
  );
});

test("what is no byte array is a TypeError", () => {
  expect(message(() => decode("model.onnx" as unknown as Uint8Array))).toBe(
    "TypeError: onnx: expected the bytes of a file as Uint8Array, got string",
  );
  expect(message(() => decode(null as unknown as Uint8Array))).toBe(
    "TypeError: onnx: expected the bytes of a file as Uint8Array, got null",
  );
});

test("what is no ONNX file is refused by its first bytes", () => {
  const text = (content: string) => new TextEncoder().encode(content);
  expect(refusal(new Uint8Array())).toBe("RangeError: onnx: the file is empty");
  expect(refusal(text("<!doctype html>"))).toBe(
    "RangeError: onnx: not an ONNX file: it begins with the bytes 3c 21 64 6f 63 74 79 70",
  );
  // The header of a safetensors file: a length, then JSON.
  expect(refusal(Uint8Array.of(0x40, 0, 0, 0, 0, 0, 0, 0, 0x7b))).toBe(
    "RangeError: onnx: not an ONNX file: it begins with the bytes 40 00 00 00 00 00 00 00",
  );
  expect(refusal(text("PK\u0003\u0004"))).toBe(
    "RangeError: onnx: not an ONNX file: it begins with the bytes 50 4b 03 04",
  );
  expect(refusal(text("version https://git-lfs.github.com/spec/v1\noid sha256:00"))).toBe(
    "RangeError: onnx: the file is a Git LFS pointer, not the model that it points to",
  );
  expect(refusal(Uint8Array.of(0x08, 0x09))).toBe("RangeError: onnx: the file holds no graph");
});

test("a file that ends early says where", () => {
  const bytes = file();
  // 08 09: IR version; 42 ..: opset; then the graph, field 7.
  expect(refusal(bytes.subarray(0, bytes.length - 5))).toBe(
    `RangeError: onnx: ModelProto.graph at byte 11 claims ${bytes.length - 11} bytes, ${bytes.length - 16} are left`,
  );
  for (let length = 1; length < bytes.length; length++) {
    expect(refusal(bytes.subarray(0, length))).toMatch(/^RangeError: onnx: /);
  }
});

test("a length that lies is compared with what is there, and nothing is allocated for it", () => {
  // Field 7 (graph), 2^31 - 1 bytes.
  const claim = Uint8Array.of(0x08, 0x09, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07);
  expect(refusal(claim)).toBe(
    "RangeError: onnx: ModelProto.graph at byte 8 claims 2147483647 bytes, 0 are left",
  );
  // A node within a graph of 4 bytes, claiming 100.
  expect(refusal(Uint8Array.of(0x08, 0x09, 0x3a, 0x04, 0x0a, 0x64, 0, 0, 0, 0))).toBe(
    "RangeError: onnx: GraphProto.node at byte 6 claims 100 bytes, 2 are left",
  );
  // Packed floats (TensorProto.float_data) of 5 bytes.
  const packed = [0x22, 0x05, 0, 0, 0, 0, 0];
  const graph = [0x2a, packed.length, ...packed];
  expect(refusal(Uint8Array.of(0x08, 0x09, 0x3a, graph.length, ...graph))).toBe(
    "RangeError: onnx: damaged at byte 8: TensorProto.float_data of 5 bytes holds no whole number of 4-byte elements",
  );
});

test("numbers without end, wrong wire types and texts that are not UTF-8 are refused", () => {
  const huge = Array.from({ length: 12 }, () => 0xff);
  expect(refusal(Uint8Array.of(0x08, ...huge))).toBe(
    "RangeError: onnx: damaged at byte 1: a number is longer than 10 bytes",
  );
  expect(refusal(Uint8Array.of(0x08, 0xff))).toBe(
    "RangeError: onnx: damaged at byte 1: a number has no end",
  );
  // GraphProto.name (field 2) as a varint.
  expect(refusal(Uint8Array.of(0x08, 0x09, 0x3a, 0x02, 0x10, 0x01))).toBe(
    "RangeError: onnx: damaged at byte 4: GraphProto.name has wire type 0",
  );
  // An unknown field as a group, which ONNX never has.
  expect(refusal(Uint8Array.of(0x08, 0x09, 0xfb, 0x07))).toBe(
    "RangeError: onnx: damaged at byte 4: ModelProto.127 has wire type 3",
  );
  expect(refusal(Uint8Array.of(0x08, 0x09, 0x3a, 0x04, 0x12, 0x02, 0xc3, 0x28))).toBe(
    "RangeError: onnx: GraphProto.name at byte 6 is not UTF-8",
  );
});

test("tensors whose dims, type and bytes disagree are refused", () => {
  const of = (fields: object) => refusal(withTensor(fields));
  expect(of({ dims: [2n, 3n], dataType: Type.FLOAT, rawData: new Uint8Array(20) })).toBe(
    'RangeError: onnx: initializer "t", float32 [2, 3], needs 24 bytes, the file holds 20',
  );
  expect(of({ dims: [1000000n, 1000000n], dataType: Type.FLOAT })).toBe(
    'RangeError: onnx: initializer "t", float32 [1000000, 1000000], needs 4000000000000 bytes, the file holds 0',
  );
  expect(of({ dims: [-2n], dataType: Type.FLOAT })).toBe(
    'RangeError: onnx: initializer "t" has a negative dimension: -2',
  );
  expect(of({ dims: [2n ** 60n], dataType: Type.FLOAT })).toBe(
    'RangeError: onnx: initializer "t" has an impossible dimension: 1152921504606846976',
  );
  expect(of({ dims: [2n ** 40n, 2n ** 40n], dataType: Type.FLOAT })).toBe(
    'RangeError: onnx: initializer "t" has impossible dimensions: [1099511627776, 1099511627776]',
  );
  expect(of({ dims: [1n], dataType: 99 })).toBe(
    'RangeError: onnx: initializer "t" has the unknown element type 99',
  );
  expect(of({ dims: [2n], dataType: Type.STRING, stringData: [Uint8Array.of(97)] })).toBe(
    'RangeError: onnx: initializer "t", string [2], needs 2 strings, the file holds 1',
  );
  expect(of({ dims: [1n], dataType: Type.FLOAT, segment: { begin: 0n, end: 1n } })).toBe(
    'RangeError: onnx: initializer "t" is stored in segments',
  );
});

const hostile = (change: (graph: Graph) => Graph) => refusal(encode(change(decode(file()))));
const node = (op: string, inputs: string[], outputs: string[]): Node => ({
  op,
  domain: "",
  inputs,
  outputs,
  attrs: {},
});

test("values that are made twice, never, or from themselves are refused", () => {
  expect(hostile((g) => ({ ...g, nodes: [...g.nodes, node("Neg", ["x"], ["h"])] }))).toBe(
    'RangeError: onnx: value "h" is made twice: by MatMul "h" and by Neg "h"',
  );
  expect(hostile((g) => ({ ...g, nodes: [...g.nodes, node("Neg", ["h"], ["x"])] }))).toBe(
    'RangeError: onnx: value "x" is made twice: by an input or initializer and by Neg "x"',
  );
  expect(hostile((g) => ({ ...g, inputs: [...g.inputs, ...g.inputs] }))).toBe(
    'RangeError: onnx: input "x" is there twice',
  );
  expect(hostile((g) => ({ ...g, initializers: new Map() }))).toBe(
    'RangeError: onnx: MatMul "h" reads "w", which nothing makes',
  );
  expect(hostile((g) => ({ ...g, nodes: [...g.nodes, node("Neg", ["hh"], ["z"])] }))).toBe(
    'RangeError: onnx: Neg "z" reads "hh", which nothing makes; did you mean "h"?',
  );
  expect(hostile((g) => ({ ...g, outputs: [{ ...g.outputs[0]!, name: "result" }] }))).toBe(
    'RangeError: onnx: output "result", which nothing makes',
  );
  const circle = [node("Neg", ["b"], ["a"]), node("Neg", ["a"], ["b"])];
  expect(hostile((g) => ({ ...g, nodes: [...g.nodes, ...circle] }))).toBe(
    'RangeError: onnx: Neg "a" needs its own output: the graph has a cycle',
  );
  expect(hostile((g) => ({ ...g, nodes: [...g.nodes, node("Neg", ["a"], ["a"])] }))).toBe(
    'RangeError: onnx: Neg "a" needs its own output: the graph has a cycle',
  );
});

test("initializers and attributes of one name are refused", () => {
  const twice = changed((model) => model.graph!.initializer.push(model.graph!.initializer[0]!));
  expect(refusal(twice)).toBe('RangeError: onnx: initializer "w" is there twice');
  const axis = create(AttributeProtoSchema, { name: "axis", type: 2, i: 1n });
  const attributes = changed((model) => {
    model.graph!.node[0]!.attribute = [axis, axis];
  });
  expect(refusal(attributes)).toBe('RangeError: onnx: MatMul "h" has attribute "axis" twice');
});

function nested(depth: number): Uint8Array {
  let graph = create(GraphProtoSchema, { name: "innermost" });
  for (let i = 0; i < depth; i++) {
    const attribute = create(AttributeProtoSchema, { name: "body", type: 5, g: graph });
    const wrapper = create(NodeProtoSchema, { opType: "Loop", attribute: [attribute] });
    graph = create(GraphProtoSchema, { name: `level ${i}`, node: [wrapper] });
  }
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 9n, graph }));
}

test("subgraphs may be nested 42 deep, and no deeper", () => {
  expect(decode(nested(42)).nodes.length).toBe(1);
  // Model and graph are 2 messages, each level 3 more: 2 + 3 * 42 = 128.
  expect(refusal(nested(43))).toMatch(
    /^RangeError: onnx: graphs within graphs are nested too deeply, at byte \d+$/,
  );
  expect(refusal(nested(200))).toMatch(/^RangeError: onnx: graphs within graphs are nested/);
});

test("a chain of 20,000 nodes in reverse order is put right without exhausting the stack", () => {
  const graph = decode(file());
  const chain = Array.from({ length: 20_000 }, (_, i) =>
    node("Neg", [i ? `c${i - 1}` : "y"], [`c${i}`]),
  );
  const again = decode(encode({ ...graph, nodes: [...chain.toReversed(), ...graph.nodes] }));
  expect(again.nodes.at(-1)!.outputs).toEqual(["c19999"]);
});
