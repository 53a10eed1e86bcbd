/** @file What every runtime must do; a runtime joins with one line in its own test file. */

import { Builder, backward, evaluate, type Graph, ops } from "@diopter/graph";
import type { Runtime } from "@diopter/model";
import { type TensorLike, tensor } from "@diopter/tensor";
import { afterAll, describe, expect, test } from "vitest";
import type { Tolerance } from "../../../test/allclose";
import { opCases, wave } from "./op-cases";

const none: ReadonlyMap<string, TensorLike> = new Map();

/** `y [batch, 2] = tokens' rows of a table [5, 3], summed over pos, times W [3, 2]` */
function lookup(): Graph {
  const b = new Builder({ name: "lookup" });
  const tokens = b.input("tokens", "int64", ["batch", "pos"]);
  const rows = b.gather(b.input("table", "float32", [5, 3]), tokens);
  return b.build([b.named("y", b.matmul(b.sum(rows, 1), b.input("W", "float32", [3, 2])))]);
}

const lookupWeights: ReadonlyMap<string, TensorLike> = new Map([
  [
    "table",
    tensor(
      Array.from({ length: 15 }, (_, i) => i),
      { shape: [5, 3] },
    ),
  ],
  ["W", tensor([1, 0, 0, 1, 1, 1], { shape: [3, 2] })],
]);
// Rows 1 and 2 of the table are [3, 4, 5] and [6, 7, 8], their sum [9, 11, 13]; times W: [9 + 13, 11 + 13].
const lookupTokens = tensor([1, 2], { shape: [1, 2], dtype: "int64" });
const lookupResult = [[22, 24]];

/** `y = x * x`, x [n] */
function square(name = "square"): Graph {
  const b = new Builder({ name });
  const x = b.input("x", "float32", ["n"]);
  return b.build([b.named("y", b.mul(x, x))]);
}

export function runtimeContract(
  title: string,
  make: (options?: { maxSessions?: number }) => Runtime,
  tolerance: Tolerance,
  gaps: Readonly<Record<string, string>> = {},
): void {
  describe(`${title} keeps the runtime contract`, () => {
    const runtime = make();
    const { name } = runtime;
    afterAll(() => runtime.dispose());

    async function run(graph: Graph, feeds: Record<string, TensorLike>, weights = none) {
      const session = await runtime.session(graph, weights);
      try {
        return await session.run(feeds);
      } finally {
        await session.release();
      }
    }

    test("every op of the table has a case", () => {
      const tried = new Set(opCases.map(({ op }) => op));
      expect(Object.keys(ops).filter((op) => !tried.has(op))).toEqual([]);
    });

    const cases = opCases.map((c) => [`${c.op} ${c.title}`.trim(), c] as const);

    test("every gap is one of these", () => {
      const titles = ["float16", ...cases.map(([title]) => title)];
      expect(Object.keys(gaps).filter((title) => !titles.includes(title))).toEqual([]);
    });

    for (const [title, why] of Object.entries(gaps)) test.skip(`${title}: ${why}`, () => {});

    test.each(cases.filter(([title]) => !(title in gaps)))(
      "%s equals float64",
      async (_, { graph, feeds }) => {
        const expected = evaluate(graph, feeds);
        const got = await run(graph, feeds);
        expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
        for (const [output, value] of Object.entries(expected)) {
          expect(got[output]).toBeAllclose(value, tolerance);
        }
      },
    );

    test("outputs have the declared dtypes, floats those of the runtime", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["n"]);
      const outputs = {
        float: b.mul(x, 2),
        int64: b.cast(x, "int64"),
        int32: b.cast(x, "int32"),
        bool: b.greater(x, 0),
        uint8: b.cast(x, "uint8"),
      };
      const graph = b.build(Object.entries(outputs).map(([key, value]) => b.named(key, value)));
      const got = await run(graph, { x: tensor([1, 2]) });
      expect(got.float).toMatchObject({ dtype: runtime.precision, shape: [2] });
      expect(got.int64).toEqual(expect.objectContaining({ dtype: "int64" }));
      expect(got.int64?.data).toEqual(BigInt64Array.of(1n, 2n));
      expect(got.int32?.data).toEqual(Int32Array.of(1, 2));
      expect(got.bool).toMatchObject({ dtype: "bool", data: Uint8Array.of(1, 1) });
      expect(got.uint8).toMatchObject({ dtype: "uint8", data: Uint8Array.of(1, 2) });
    });

    test("int64 beyond 2^53 passes unchanged", async () => {
      const b = new Builder();
      const x = b.input("x", "int64", ["n"]);
      const data = BigInt64Array.of(2n ** 53n + 1n, -(2n ** 62n));
      const got = await run(b.build([b.named("y", b.concat([x, x], 0))]), {
        x: { dtype: "int64", shape: [2], data },
      });
      expect(got.y?.data).toEqual(BigInt64Array.of(...data, ...data));
    });

    test.skipIf("float16" in gaps)("float16 goes in as bits and comes out as a float", async () => {
      const b = new Builder();
      const x = b.input("x", "float16", ["n"]);
      const graph = b.build([b.named("y", b.cast(x, "float32")), b.named("same", b.identity(x))]);
      // 1.5 is 0x3e00, -2 is 0xc000 in half precision.
      const got = await run(graph, {
        x: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3e00, 0xc000) },
      });
      expect(got.y).toBeAllclose([1.5, -2]);
      expect(got.same).toBeAllclose([1.5, -2]);
      if (runtime.precision === "float32") expect(got.same?.data).toBeInstanceOf(Uint16Array);
    });

    test("bool is fed as bytes", async () => {
      const b = new Builder();
      const keep = b.input("keep", "bool", ["n"]);
      const got = await run(b.build([b.named("y", b.where(keep, b.constant(1), -1))]), {
        keep: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
      });
      expect(got.y).toBeAllclose([1, -1, 1]);
    });

    test("a float64 feed is accepted where the graph declares float32", async () => {
      const x = tensor([0.5, 3], { dtype: "float64" });
      expect((await run(square(), { x })).y).toBeAllclose([0.25, 9]);
    });

    test("one session takes any size of a symbol, none included", async () => {
      const session = await runtime.session(square(), none);
      for (const size of [3, 0, 1, 40]) {
        const x = wave([size]);
        const { y } = await session.run({ x });
        expect(y?.shape).toEqual([size]);
        expect(y).toBeAllclose(
          Float64Array.from(x.data, (v) => v * v),
          tolerance,
        );
      }
      await session.release();
    });

    test("a view into a larger array is fed as it is", async () => {
      const data = Float32Array.of(9, 9, 2, 3, 9).subarray(2, 4);
      expect((await run(square(), { x: { dtype: "float32", shape: [2], data } })).y).toBeAllclose([
        4, 9,
      ]);
    });

    test("feeds are left as they were, and results are not theirs", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["n"]);
      const fed = tensor([1, 2, 3]);
      const { y } = await run(b.build([b.named("y", b.identity(x))]), { x: fed });
      expect([...fed.data]).toEqual([1, 2, 3]);
      y!.data[0] = 100;
      expect([...fed.data]).toEqual([1, 2, 3]);
    });

    test("an input may be an output", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["n"]);
      const got = await run(b.build([x, b.named("y", b.add(x, 1))]), { x: tensor([1, 2]) });
      expect(got.x).toBeAllclose([1, 2]);
      expect(got.y).toBeAllclose([2, 3]);
    });

    test("weights are fed by the runtime, from one map for many sessions", async () => {
      const sessions = [];
      for (let i = 0; i < 3; i++) sessions.push(await runtime.session(lookup(), lookupWeights));
      for (const session of sessions) {
        expect((await session.run({ tokens: lookupTokens })).y).toBeAllclose(lookupResult);
        await session.release();
      }
    });

    test("weights as graph inputs and as initializers give equal numbers", async () => {
      const b = new Builder({ name: "lookup" });
      const [table, W] = ["table", "W"].map((key) => b.initializer(key, lookupWeights.get(key)!));
      const rows = b.gather(table!, b.input("tokens", "int64", ["batch", "pos"]));
      const graph = b.build([b.named("y", b.matmul(b.sum(rows, 1), W!))]);
      const fixed = await run(graph, { tokens: lookupTokens });
      const fed = await run(lookup(), { tokens: lookupTokens }, lookupWeights);
      expect(fixed.y?.data).toEqual(fed.y?.data);
    });

    test("weights of other float types serve a float32 graph", async () => {
      const weights = new Map(lookupWeights);
      weights.set("W", tensor([1, 0, 0, 1, 1, 1], { shape: [3, 2], dtype: "float64" }));
      weights.set("table", tensor([...Array(15).keys()], { shape: [5, 3], dtype: "float16" }));
      expect((await run(lookup(), { tokens: lookupTokens }, weights)).y).toBeAllclose(lookupResult);
    });

    test("weights that the graph does not read are of no concern", async () => {
      const weights = new Map([...lookupWeights, ["unused", wave([2])]]);
      expect((await run(lookup(), { tokens: lookupTokens }, weights)).y).toBeAllclose(lookupResult);
    });

    test("a misshapen weight is refused when the session is made", async () => {
      const weights = new Map([...lookupWeights, ["W", wave([2, 3])]]);
      await expect(runtime.session(lookup(), weights)).rejects.toThrow(
        new RangeError(`${name}: weight "W" has shape [2, 3], expected [3, 2]`),
      );
    });

    test("an input that the graph has an initializer for needs no feed", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["n"]);
      const graph = b.build([b.named("y", b.mul(x, b.initializer("W", tensor([3]))))]);
      const W = { name: "W", dtype: "float32", shape: [1] } as const;
      const listed: Graph = { ...graph, inputs: [...graph.inputs, W] };
      expect((await run(listed, { x: tensor([5, 7]) })).y).toBeAllclose([15, 21]);
    });

    test("gradients run", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["n"]);
      // d/dx sum(x^3) = 3 x^2
      const [dx] = backward(b, b.sum(b.mul(b.mul(x, x), x)), [x]);
      const got = await run(b.build([b.named("dx", dx!)]), { x: tensor([1, -2, 3]) });
      expect(got.dx).toBeAllclose([3, 12, 27], tolerance);
    });

    const feedErrors: [string, Record<string, unknown>, ErrorConstructor, string][] = [
      [
        "of a wrong rank",
        { tokens: tensor(Array(24).fill(0), { shape: [2, 3, 4], dtype: "int64" }) },
        RangeError,
        'feed "tokens" has shape [2, 3, 4], expected [batch, pos]',
      ],
      ["that is missing", {}, RangeError, 'feed "tokens" is missing, expected int64 [batch, pos]'],
      [
        "that is misspelt",
        { token: lookupTokens },
        RangeError,
        'no feed "token"; did you mean "tokens"?',
      ],
      [
        "that is a weight",
        { tokens: lookupTokens, W: wave([3, 2]) },
        RangeError,
        'no feed "W"; this graph takes tokens',
      ],
      [
        "of a wrong dtype",
        { tokens: wave([1, 2]) },
        TypeError,
        'feed "tokens" has dtype float32, expected int64',
      ],
      [
        "in the wrong array",
        { tokens: { dtype: "int64", shape: [1, 2], data: Int32Array.of(1, 2) } },
        TypeError,
        'feed "tokens" has dtype int64 but holds Int32Array, expected BigInt64Array',
      ],
      [
        "with too few numbers",
        { tokens: { dtype: "int64", shape: [2, 2], data: BigInt64Array.of(1n) } },
        RangeError,
        'feed "tokens" holds 1 numbers, its shape [2, 2] needs 4',
      ],
    ];
    test.each(feedErrors)("a feed %s is refused by name", async (_, feeds, kind, message) => {
      const session = await runtime.session(lookup(), lookupWeights);
      await expect(session.run(feeds as Record<string, TensorLike>)).rejects.toThrow(
        new kind(`${name}: ${message}`),
      );
      expect((await session.run({ tokens: lookupTokens })).y).toBeAllclose(lookupResult);
      await session.release();
    });

    test("a symbol stands for one number in all feeds, sums of symbols included", async () => {
      const b = new Builder();
      const x = b.input("x", "float32", ["batch", "pos"]);
      const keep = b.input("keep", "float32", ["batch", "past+pos"]);
      const past = b.input("past", "float32", ["past"]);
      const graph = b.build(
        [b.sum(x), b.sum(keep), b.sum(past)].map((v, i) => b.named(`y${i}`, v)),
      );
      const session = await runtime.session(graph, none);
      const feeds = { x: wave([2, 3]), keep: wave([2, 4]), past: wave([1]) };
      await session.run(feeds);
      await expect(session.run({ ...feeds, keep: wave([2, 5]) })).rejects.toThrow(
        new RangeError(
          `${name}: feed "keep" has shape [2, 5], expected [batch, past+pos] = [2, 4]`,
        ),
      );
      await expect(session.run({ ...feeds, keep: wave([3, 4]) })).rejects.toThrow(
        "expected [batch, past+pos] = [2, 4]",
      );
      await session.release();
    });

    test("a released session refuses to run, and may be released again", async () => {
      const session = await runtime.session(square(), none);
      await session.release();
      await session.release();
      await expect(session.run({ x: wave([2]) })).rejects.toThrow(
        new Error(`${name}: this session has been released`),
      );
    });

    test("a disposed runtime refuses everything", async () => {
      const ended = make();
      const session = await ended.session(square(), none);
      await session.run({ x: wave([2]) });
      await ended.dispose();
      await ended.dispose();
      const message = new Error(`${name}: this runtime has been disposed`);
      await expect(session.run({ x: wave([2]) })).rejects.toThrow(message);
      await expect(ended.session(square(), none)).rejects.toThrow(message);
      await session.release();
    });

    test("more sessions than may be open at a time all run, in any order", async () => {
      const small = make({ maxSessions: 2 });
      const powers = [2, 3, 4, 5, 6];
      const sessions = [];
      for (const power of powers) {
        const b = new Builder({ name: `power ${power}` });
        const x = b.input("x", "float32", ["n"]);
        sessions.push(await small.session(b.build([b.named("y", b.pow(x, power))]), none));
      }
      for (const i of [0, 4, 1, 4, 2, 0, 3]) {
        const { y } = await sessions[i]!.run({ x: tensor([2]) });
        expect(y).toBeAllclose([2 ** powers[i]!], tolerance);
      }
      await small.dispose();
    });

    test("runs started together do not mix", async () => {
      const session = await runtime.session(square(), none);
      const sizes = [1, 2, 3, 4, 5, 6, 7, 8];
      const results = await Promise.all(
        sizes.map((size) => session.run({ x: tensor(Array(size).fill(size)) })),
      );
      results.forEach(({ y }, i) => {
        expect(y).toBeAllclose(Array(sizes[i]).fill(sizes[i]! ** 2));
      });
      await session.release();
    });

    test("an aborted signal stops a run before it starts, with its reason", async () => {
      const session = await runtime.session(square(), none);
      const signal = AbortSignal.abort(new RangeError("enough"));
      await expect(session.run({ x: wave([2]) }, { signal })).rejects.toBe(signal.reason);
      expect((await session.run({ x: tensor([3]) })).y).toBeAllclose([9]);
      await session.release();
    });

    test("a signal that never aborts changes nothing", async () => {
      const session = await runtime.session(square(), none);
      const { signal } = new AbortController();
      expect((await session.run({ x: tensor([3]) }, { signal })).y).toBeAllclose([9]);
      await session.release();
    });
  });
}
