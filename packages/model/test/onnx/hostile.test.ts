/** @file Files that are broken, hostile or no transformers: a clear message, quickly, and nothing large in memory. */

import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder, encode, type Graph, type Node } from "@diopter/graph";
import { inspectOnnx, Model, recognize } from "@diopter/model";
import { reference } from "@diopter/model/reference";
import { ones, type TensorLike } from "@diopter/tensor";
import { expect, test } from "vitest";

const node = (op: string, inputs: string[], outputs: string[], more: Partial<Node> = {}): Node => ({
  op,
  domain: "",
  inputs,
  outputs,
  attrs: {},
  ...more,
});

function graphOf(more: Partial<Graph> = {}): Graph {
  return {
    name: "g",
    inputs: [{ name: "input_ids", dtype: "int64", shape: ["batch", "pos"] }],
    outputs: [{ name: "logits", dtype: "float32", shape: undefined }],
    nodes: [],
    initializers: new Map(),
    values: new Map(),
    opsets: { "": 18 },
    ...more,
  };
}

test("a chain of convolutions is no transformer, and the map is empty", async () => {
  const b = new Builder();
  const x = b.input("x", "float32", ["batch", 4]);
  const y = b.relu(b.matmul(x, b.constant(ones([4, 3]))));
  const found = await inspectOnnx(encode(b.build([b.named("y", y)])));
  expect(found.hooks).toEqual([]);
  expect(found.config).toBeUndefined();
  expect(found.unexplained.length).toBeGreaterThan(0);
  await expect(
    Model.fromOnnx(encode(b.build([b.named("y", y)])), { runtime: reference() }),
  ).rejects.toThrow(/not recognized as a transformer/);
});

test("an embedding and a vocabulary matrix without blocks say that there is no block", () => {
  const found = recognize(
    graphOf({
      nodes: [node("Gather", ["E", "input_ids"], ["x"]), node("MatMul", ["x", "U"], ["logits"])],
      initializers: new Map([
        ["E", ones([7, 4], "float32")],
        ["U", ones([4, 7], "float32")],
      ]),
    }),
  );
  expect(found).toMatchObject({ hooks: [], unexplained: [expect.stringMatching(/no block/)] });
});

test("an operation of an unknown domain is named", () => {
  const found = recognize(
    graphOf({
      nodes: [node("Mystery", ["input_ids"], ["logits"], { domain: "com.example", name: "n0" })],
      opsets: { "": 18, "com.example": 1 },
    }),
  );
  expect(found.unexplained.join()).toMatch(/Mystery "n0": com\.example\.Mystery/);
});

test("a cycle is refused", async () => {
  const graph = graphOf({
    nodes: [
      node("Relu", ["b"], ["a"]),
      node("Relu", ["a"], ["b"]),
      node("Relu", ["b"], ["logits"]),
    ],
  });
  await expect(inspectOnnx(encode(graph))).rejects.toThrow(/cycle/);
});

test("a missing weight is refused by its name", async () => {
  await expect(
    inspectOnnx(encode(graphOf({ nodes: [node("Gather", ["nowhere", "input_ids"], ["logits"])] }))),
  ).rejects.toThrow(/nowhere/);
});

test("a value that is made twice is refused", async () => {
  const nodes = [node("Relu", ["input_ids"], ["logits"]), node("Neg", ["input_ids"], ["logits"])];
  await expect(inspectOnnx(encode(graphOf({ nodes })))).rejects.toThrow(/twice/);
});

test("bytes that are no ONNX, and lengths beyond the file, are refused", async () => {
  await expect(inspectOnnx(new Uint8Array([1, 2, 3]))).rejects.toThrow(RangeError);
  // Field 7 (graph), a length of 2^31 - 1 and nothing behind it.
  await expect(inspectOnnx(new Uint8Array([0x3a, 0xff, 0xff, 0xff, 0xff, 0x07]))).rejects.toThrow(
    RangeError,
  );
  await expect(inspectOnnx(42 as unknown as Uint8Array)).rejects.toThrow(TypeError);
});

test("reshapes to impossible sizes are reasons, not crashes", () => {
  for (const target of [[-5n, 2n], [0n, -1n, -1n], [9007199254740993n]]) {
    const found = recognize(
      graphOf({
        nodes: [node("Gather", ["E", "input_ids"], ["x"]), node("Reshape", ["x", "s"], ["logits"])],
        initializers: new Map<string, TensorLike>([
          ["E", ones([7, 4], "float32")],
          ["s", { dtype: "int64", shape: [target.length], data: BigInt64Array.from(target) }],
        ]),
      }),
    );
    expect(found.config).toBeUndefined();
    expect(found.unexplained.length).toBeGreaterThan(0);
  }
});

test("deep subgraphs end with a reason", async () => {
  let inner = graphOf({
    inputs: [],
    nodes: [node("Identity", ["input_ids"], ["logits"])],
    outputs: [{ name: "logits", dtype: "int64", shape: undefined }],
  });
  for (let depth = 0; depth < 40; depth++) {
    const attrs = {
      then_branch: { type: "graph", value: inner },
      else_branch: { type: "graph", value: inner },
    } as const;
    inner = {
      ...graphOf(),
      inputs: [],
      nodes: [node("If", ["c"], ["logits"], { attrs: { then_branch: attrs.then_branch } })],
    };
  }
  const graph = graphOf({
    inputs: [...graphOf().inputs, { name: "c", dtype: "bool", shape: [] }],
    nodes: inner.nodes,
  });
  const outcome = await inspectOnnx(encode(graph)).then(
    (found) => found.unexplained.join(),
    (error: Error) => error.message,
  );
  expect(outcome).not.toBe("");
});

/** A folder `m` with an embedding whose bytes lie in an external file. */
async function external(location: string, offset = 0, length?: number): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "onnx-"));
  await mkdir(join(root, "m"));
  await writeFile(join(root, "secret.bin"), new Uint8Array(1000));
  await writeFile(join(root, "m", "weights.bin"), new Uint8Array(112));
  const graph = graphOf({
    nodes: [node("Gather", ["E", "input_ids"], ["logits"])],
    initializers: new Map([
      [
        "E",
        {
          dtype: "float32",
          shape: [7, 4],
          external: { location, offset, ...(length !== undefined && { length }) },
        },
      ],
    ]),
  });
  await writeFile(join(root, "m", "model.onnx"), encode(graph));
  return join(root, "m", "model.onnx");
}

test.each([
  ["../secret.bin", 0, undefined, /not inside the model's folder/],
  ["/etc/hostname", 0, undefined, /not inside the model's folder/],
  ["a/../../secret.bin", 0, undefined, /not inside the model's folder/],
  ["..\\secret.bin", 0, undefined, /not inside the model's folder/],
  ["nowhere.bin", 0, undefined, /no file "nowhere\.bin"/],
  ["weights.bin", 8, undefined, /bytes 8 to 120 of "weights\.bin", which has 112/],
  ["weights.bin", 0, 2 ** 31, /needs 112 bytes/],
])(
  "external data at %s, offset %i, length %s is refused",
  async (location, offset, length, message) => {
    await expect(inspectOnnx(await external(location, offset, length))).rejects.toThrow(message);
  },
);

test("external data beside the file is read", async () => {
  const found = await inspectOnnx(await external("weights.bin", 0, 112));
  expect(found.unexplained.join()).not.toMatch(/bytes|folder|no file/);
});

test("external data of a file that is given as bytes is asked for", async () => {
  const graph = graphOf({
    nodes: [node("Gather", ["E", "input_ids"], ["logits"])],
    initializers: new Map([
      ["E", { dtype: "float32", shape: [7, 4], external: { location: "w", offset: 0 } }],
    ]),
  });
  await expect(inspectOnnx(encode(graph))).rejects.toThrow(/give the path of the model/);
});

test("a value that is added to or multiplied by itself sixty times ends", () => {
  for (const [op, first] of [
    ["Add", "input_ids"],
    ["Add", "x"],
    ["Mul", "x"],
  ] as const) {
    const chain = Array.from({ length: 60 }, (_, i) => {
      const from = i === 0 ? first : `y${i}`;
      return node(op, [from, from], [i === 59 ? "logits" : `y${i + 1}`]);
    });
    const found = recognize(
      graphOf({
        nodes: [
          node("Gather", ["E", "input_ids"], ["x"]),
          ...chain,
          node("MatMul", ["logits", "U"], ["out"]),
        ],
        outputs: [{ name: "out", dtype: "float32", shape: undefined }],
        initializers: new Map([
          ["E", ones([7, 4], "float32")],
          ["U", ones([4, 7], "float32")],
        ]),
      }),
    );
    expect(found.config).toBeUndefined();
  }
});
