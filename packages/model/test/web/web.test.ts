import { Builder, type Graph } from "@diopter/graph";
import { type WebOptions, web } from "@diopter/model/web";
import { tensor } from "@diopter/tensor";
import { expect, inject, test, vi } from "vitest";
import { wave } from "../op-cases";
import { tolerances } from "../tolerances";

const options = inject("web");
const isWasm = options.device === "wasm";
const weights = new Map([["W", wave([256, 256])]]);

/** 40 products with [256, 256] matrices: 0.7 GFLOP for 128 rows. The software GPU gets by with fewer. */
const rows = isWasm ? 128 : 8;

function long(): Graph {
  const b = new Builder({ name: "long" });
  const W = b.input("W", "float32", [256, 256]);
  let x = b.input("x", "float32", ["n", 256]);
  for (let i = 0; i < 40; i++) x = b.tanh(b.matmul(x, W));
  return b.build([b.named("y", x)]);
}

function square(): Graph {
  const b = new Builder({ name: "square" });
  const x = b.input("x", "float32", ["n"]);
  return b.build([b.named("y", b.mul(x, x))]);
}

async function squares(more: WebOptions): Promise<unknown> {
  const runtime = web(more);
  try {
    const session = await runtime.session(square(), new Map());
    return (await session.run({ x: tensor([1, 2, 3]) })).y;
  } finally {
    await runtime.dispose();
  }
}

test("the page's timers fire during a run in the worker", async () => {
  const runtime = web(options);
  const session = await runtime.session(long(), weights);
  await session.run({ x: wave([1, 256]) });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await session.run({ x: wave([rows, 256]) });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
  await runtime.dispose();
});

test("an abort rejects at once while the worker is in the run, and the session goes on afterwards", async () => {
  let answers = 0;
  vi.stubGlobal(
    "Worker",
    class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        this.addEventListener("message", () => answers++);
      }
    },
  );
  const runtime = web(options);
  const session = await runtime.session(long(), weights);
  await session.run({ x: wave([1, 256]) });
  const before = answers;
  const stop = new AbortController();
  const running = session.run({ x: wave([4 * rows, 256]) }, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 10);
  await expect(running).rejects.toThrow("enough");
  // The worker has not answered: nobody waited for it.
  expect(answers).toBe(before);
  const { y } = await session.run({ x: wave([1, 256]) });
  expect(y?.shape).toEqual([1, 256]);
  expect(answers).toBeGreaterThan(before);
  await runtime.dispose();
  vi.unstubAllGlobals();
});

test("without a worker the numbers are the same", async () => {
  expect(await squares({ ...options, worker: false })).toBeAllclose(
    [1, 4, 9],
    tolerances[options.device],
  );
});

test("a model that cannot be opened is refused through the worker, and the runtime goes on", async () => {
  const runtime = web(options);
  const graph = square();
  const nodes = graph.nodes.map((node) => ({ ...node, op: "Nope" }));
  await expect(runtime.session({ ...graph, nodes }, new Map())).rejects.toThrow(
    `${options.device}: graph "square" failed: No Op registered for Nope with domain_version of 20`,
  );
  const session = await runtime.session(graph, new Map());
  expect((await session.run({ x: tensor([3]) })).y).toBeAllclose([9], tolerances[options.device]);
  await runtime.dispose();
});

test.skipIf(!isWasm)(
  "threads work where the page is isolated, and are refused where not",
  async () => {
    if (crossOriginIsolated) {
      expect(await squares({ threads: 2 })).toBeAllclose([1, 4, 9]);
      expect(await squares({})).toBeAllclose([1, 4, 9]);
    } else {
      expect(() => web({ threads: 2 })).toThrow(
        new RangeError(
          "model/web: 2 threads need a page that is cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp); without threads it runs on one",
        ),
      );
    }
    // The project with the headers is the one that asks for threads.
    expect(crossOriginIsolated).toBe(options.threads !== undefined);
  },
);

test.skipIf(!isWasm)("a browser without a GPU says so, and what there is instead", async () => {
  for (const worker of [true, false]) {
    await expect(squares({ device: "webgpu", worker })).rejects.toThrow(
      new Error("model/web: webgpu is not available in this browser; available: wasm"),
    );
  }
});

test.skipIf(!isWasm)(
  "too little memory is called by its name, and the runtime goes on",
  async () => {
    const runtime = web(options);
    const b = new Builder({ name: "big" });
    const n = b.input("n", "int64", [1]);
    // 2^31 floats are 8 GB; wasm has 4.
    const wide = b.node("ConstantOfShape", [n], { value: tensor([1]) })[0]!;
    const session = await runtime.session(b.build([b.named("sum", b.sum(wide, [0]))]), new Map());
    const count = (value: number) => ({ n: tensor([value], { dtype: "int64" }) });
    await expect(session.run(count(2 ** 31))).rejects.toThrow(
      'wasm: graph "big" failed: out of memory; run fewer prompts at a time',
    );
    expect((await session.run(count(5))).sum).toBeAllclose(5);
    await runtime.dispose();
  },
);

test("files that are not where they were said to be end in an error, not in silence", async () => {
  await expect(squares({ ...options, wasmPaths: "/nowhere/" })).rejects.toThrow(
    new RegExp(`^${options.device}: graph "square" failed: `),
  );
});
