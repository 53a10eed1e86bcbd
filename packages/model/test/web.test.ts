import { Builder } from "@diopter/graph";
import { node } from "@diopter/model/node";
import { web } from "@diopter/model/web";
import { tensor } from "@diopter/tensor";
import { expect, test } from "vitest";
import { goldenPath, readBytes } from "../../../test/golden";
import { modelContract } from "./model.contract";
import { wave } from "./op-cases";
import { runtimeContract } from "./runtime.contract";
import { modelTolerances, tolerances } from "./tolerances";

runtimeContract("web() on wasm under Node", (options) => web(options), tolerances.wasm);
runtimeContract(
  "web() on wasm under Node with weights as initializers",
  (options) => web({ limits: { weightsAs: "initializers" }, ...options }),
  tolerances.wasm,
);

const files = {
  read: async (path: string) => readBytes(goldenPath(path)),
};

modelContract("web() under Node", () => web(), files, modelTolerances.wasm);
modelContract(
  "web() against node()",
  () => web(),
  files,
  1e-5,
  () => node({ threads: 1 }),
);

test("weights of 38 MB give the same bits whether they are fed or, from the third run on, inside", async () => {
  const data = new Float32Array(3072 * 3072).map((_, i) => (i % 97) / 97 - 0.5);
  const W = { dtype: "float32", shape: [3072, 3072], data } as const;
  const product = (factor: number) => {
    const b = new Builder();
    const y = b.matmul(b.input("x", "float32", ["n", 3072]), b.input("W", "float32", [3072, 3072]));
    return b.build([b.named("y", b.mul(y, factor))]);
  };
  const runtime = web();
  const [once, twice] = [
    await runtime.session(product(1), new Map([["W", W]])),
    await runtime.session(product(2), new Map([["W", W]])),
  ];
  const x = wave([1, 3072]);
  const first = (await once.run({ x })).y!;
  for (const session of [once, once, once, twice, once]) {
    const { y } = await session.run({ x });
    const factor = session === twice ? 2 : 1;
    expect(y!.data).toEqual((first.data as Float32Array).map((v) => v * factor));
  }
  await runtime.dispose();
});

test("options out of range are refused", () => {
  expect(() => web({ device: "webgl" as "wasm" })).toThrow(
    new RangeError('model/web: unsupported device "webgl"; available: wasm, webgpu'),
  );
  expect(() => web({ threads: 0 })).toThrow(
    new RangeError("model/web: threads must be a positive integer, got 0"),
  );
  expect(() => web({ maxSessions: 1.5 })).toThrow(
    new RangeError("model/web: maxSessions must be a positive integer, got 1.5"),
  );
});

test("what only a browser has is refused under Node", async () => {
  expect(() => web({ threads: 2 })).toThrow(
    new RangeError("model/web: 2 threads need a browser; without threads it runs on one"),
  );
  expect(() => web({ worker: true })).toThrow(
    new RangeError("model/web: there is no module worker here; leave worker out"),
  );
  const b = new Builder();
  const graph = b.build([b.named("y", b.exp(b.input("x", "float32", ["n"])))]);
  await expect(web({ device: "webgpu" }).session(graph, new Map())).rejects.toThrow(
    new Error("model/web: webgpu is not available here; available: wasm"),
  );
});

test("ONNX Runtime's errors become ours, and too little memory is called by its name", async () => {
  const runtime = web();
  const b = new Builder({ name: "unknown" });
  const [x, y] = [b.input("x", "float32", [null]), b.input("y", "float32", [null])];
  const session = await runtime.session(b.build([b.named("z", b.add(x, y))]), new Map());
  const error = await session.run({ x: wave([2]), y: wave([3]) }).catch((e) => e);
  expect(error.message).toBe(
    'wasm: graph "unknown" failed: Attempting to broadcast an axis by a dimension other than 1. 2 by 3',
  );
  expect(error.cause.message).toContain("ERROR_CODE: 1");
  expect((await session.run({ x: tensor([1]), y: tensor([2]) })).z).toBeAllclose([3]);

  const big = new Builder({ name: "big" });
  const n = big.input("n", "int64", [1]);
  // 2^31 floats are 8 GB; wasm has 4.
  const wide = big.node("ConstantOfShape", [n], { value: tensor([1]) })[0]!;
  const tooMuch = await runtime.session(
    big.build([big.named("sum", big.sum(wide, [0]))]),
    new Map(),
  );
  await expect(tooMuch.run({ n: tensor([2 ** 31], { dtype: "int64" }) })).rejects.toThrow(
    'wasm: graph "big" failed: out of memory; run fewer prompts at a time',
  );
  expect((await session.run({ x: tensor([1]), y: tensor([2]) })).z).toBeAllclose([3]);
  await runtime.dispose();
});
