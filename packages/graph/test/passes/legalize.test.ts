import { Builder, encode, evaluate, type Graph, legalize, type Node } from "@diopter/graph";
import { arange, full, tensor } from "@diopter/tensor";
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { ifGraph } from "../if-graph";

const LIMIT = 4;
const limits = { tensorsPerOp: LIMIT, avoid: [] };
const avoiding = (...avoid: string[]) => ({ tensorsPerOp: LIMIT, avoid });

function widest(graph: Graph): number {
  const concats = graph.nodes.filter(({ op }) => ["Concat", "Sum", "Max", "Min"].includes(op));
  const splits = graph.nodes.filter(({ op }) => op === "Split");
  const widths = [
    ...concats.map(({ inputs }) => inputs.length),
    ...splits.map(({ outputs }) => outputs.length),
  ];
  return Math.max(...widths, 0);
}

type Numbers = ArrayLike<number | bigint>;

function expectClose(actual: Numbers, expected: Numbers, digits: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Number(actual[i])).toBeCloseTo(Number(expected[i]), digits);
  }
}

async function onnxRuntime(graph: Graph, feeds: Record<string, ReturnType<typeof tensor>>) {
  const session = await InferenceSession.create(encode(graph));
  const inputs = Object.entries(feeds).map(([name, { data, shape }]) => {
    return [name, new Tensor("float32", data as Float32Array, shape)] as const;
  });
  const outputs = await session.run(Object.fromEntries(inputs));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
}

function concatOf(count: number): Graph {
  const b = new Builder();
  const inputs = Array.from({ length: count }, (_, i) =>
    b.input(`x${i}`, "float32", [(i % 3) + 1, 2]),
  );
  return b.build([b.named("y", b.concat(inputs, 0))]);
}

const concatFeeds = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const rows = (i % 3) + 1;
      return [
        `x${i}`,
        tensor(
          Float32Array.from({ length: rows * 2 }, (_, k) => 100 * i + k),
          { shape: [rows, 2] },
        ),
      ];
    }),
  );

function splitOf(sizes: readonly number[], declared: readonly (number | string)[]): Graph {
  const b = new Builder();
  const x = b.input("x", "float32", declared);
  const outputs = sizes.map((_, i) => `y${i}`);
  return b.build(b.node("Split", [x, b.ints(sizes)], { axis: 1 }, { outputs }));
}

test("a graph within the limits is returned as it is", () => {
  const graph = concatOf(4);
  expect(legalize(graph, limits)).toBe(graph);
});

test("a Concat of 9 becomes three of 3 and one of their results, in order", () => {
  const graph = legalize(concatOf(9), limits);
  expect(graph.nodes.map(({ inputs }) => inputs.length)).toEqual([3, 3, 3, 3]);
  expect(graph.nodes.at(-1)!.outputs).toEqual(["y"]);
  expect(evaluate(graph, concatFeeds(9))).toEqual(evaluate(concatOf(9), concatFeeds(9)));
});

test("any Concat within a limit gives what the wide one gives", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 7 }), (count, most) => {
      const graph = legalize(concatOf(count), { tensorsPerOp: most, avoid: [] });
      expect(widest(graph)).toBeLessThanOrEqual(most);
      expect(evaluate(graph, concatFeeds(count))).toEqual(
        evaluate(concatOf(count), concatFeeds(count)),
      );
    }),
    { seed: 1, numRuns: 40 },
  );
});

test("any Split within a limit gives what the wide one gives", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 2, max: 7 }), (parts, most) => {
      const total = parts.reduce((a, b) => a + b, 0);
      const x = arange(0, 2 * total).reshape([2, total]);
      const wide = splitOf(parts, [2, total]);
      const graph = legalize(wide, { tensorsPerOp: most, avoid: [] });
      expect(widest(graph)).toBeLessThanOrEqual(most);
      expect(evaluate(graph, { x })).toEqual(evaluate(wide, { x }));
    }),
    { seed: 2, numRuns: 40 },
  );
});

test("equal parts of a fixed axis: 10 into 6 are five of 2 and an empty one", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2, 10]);
  const outputs = ["a", "b", "c", "d", "e", "f"];
  const wide = b.build(b.node("Split", [x], { axis: -1, num_outputs: 6 }, { outputs }));
  const graph = legalize(wide, limits);
  expect(widest(graph)).toBeLessThanOrEqual(LIMIT);
  const result = evaluate(graph, { x: arange(0, 20).reshape([2, 10]) });
  expect(outputs.map((name) => result[name]!.shape)).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 0],
  ]);
  expect(result.e!.toArray()).toEqual([
    [8, 9],
    [18, 19],
  ]);
});

test.each([0, 1, -1, -2])("equal parts of axis %i of unknown size are sliced", async (axis) => {
  const outputs = ["a", "b", "c", "d", "e"];
  const b = new Builder();
  const x = b.input("x", "float32", ["rows", "columns"]);
  const wide = b.build(b.node("Split", [x], { axis, num_outputs: 5 }, { outputs }));
  const graph = legalize(wide, limits);
  expect(graph.nodes.every(({ op }) => op !== "Split")).toBe(true);
  // 9 over 5: ceil(9 / 5) = 2, so 2 2 2 2 1.
  const feeds = {
    x: tensor(
      Float32Array.from({ length: 81 }, (_, i) => i),
      { shape: [9, 9] },
    ),
  };
  expect(evaluate(graph, feeds)).toEqual(evaluate(wide, feeds));
  expect(await onnxRuntime(graph, feeds)).toEqual(await onnxRuntime(wide, feeds));
});

test("sizes that come with the run are sliced by their running sums", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [10]);
  const sizes = b.input("sizes", "int64", [5]);
  const outputs = ["a", "b", "c", "d", "e"];
  const wide = b.build(b.node("Split", [x, sizes], { axis: 0 }, { outputs }));
  const feeds = { x: arange(0, 10), sizes: tensor([3, 0, 4, 1, 2], { dtype: "int64" }) };
  const graph = legalize(wide, limits);
  expect(graph.nodes.every(({ op }) => op !== "Split")).toBe(true);
  const result = evaluate(graph, feeds);
  expect(outputs.map((name) => result[name]!.toArray())).toEqual([
    [0, 1, 2],
    [],
    [3, 4, 5, 6],
    [7],
    [8, 9],
  ]);
});

test("before opset 13 the sizes stay an attribute", async () => {
  const b = new Builder({ opset: 12 });
  b.input("x", "float32", [1, 6]);
  const names = ["y0", "y1", "y2", "y3", "y4", "y5"];
  const base = b.build([]);
  const split: Node = {
    op: "Split",
    domain: "",
    inputs: ["x"],
    outputs: names,
    attrs: { axis: { type: "int", value: 1 } },
  };
  const outputs = names.map((name) => ({ name, dtype: "float32", shape: [1, 1] }) as const);
  const graph = legalize({ ...base, nodes: [split], outputs }, limits);
  expect(graph.nodes.map(({ inputs }) => inputs.length)).toEqual([1, 1, 1]);
  const feeds = { x: tensor([[1, 2, 3, 4, 5, 6]]) };
  expect((await onnxRuntime(graph, feeds)).y4).toEqual([5]);
});

test.each(["Sum", "Max", "Min", "Mean"])(
  "a wide %s is a tree with the same result on ONNX Runtime",
  async (op) => {
    const b = new Builder();
    const inputs = Array.from({ length: 11 }, (_, i) =>
      b.input(`x${i}`, "float32", i === 5 ? [1, 3] : [2, 3]),
    );
    const [y] = b.node(op, inputs, {}, { outputs: ["y"] });
    b.assume(y!, [2, 3]);
    const wide = b.build([y!]);
    const graph = legalize(wide, limits);
    expect(widest(graph)).toBeLessThanOrEqual(LIMIT);
    // Small integers: sums are exact whatever their order.
    const feeds = Object.fromEntries(
      inputs.map(({ name, shape }, i) => {
        const size = Number(shape[0]) * 3;
        return [
          name,
          tensor(
            Float32Array.from({ length: size }, (_, k) => (7 * i + 5 * k) % 13),
            { shape: shape as number[] },
          ),
        ];
      }),
    );
    const [narrow, plain] = [await onnxRuntime(graph, feeds), await onnxRuntime(wide, feeds)];
    expectClose(narrow.y!, plain.y!, 5);
  },
);

test("wide Concat and Split give the same on ONNX Runtime", async () => {
  const sizes = [1, 2, 3, 1, 2, 3, 1, 2, 3];
  const wide = splitOf(sizes, [1, 18]);
  const feeds = {
    x: tensor(
      Float32Array.from({ length: 18 }, (_, i) => i),
      { shape: [1, 18] },
    ),
  };
  expect(await onnxRuntime(legalize(wide, limits), feeds)).toEqual(await onnxRuntime(wide, feeds));
  const concat = legalize(concatOf(17), limits);
  expect(await onnxRuntime(concat, concatFeeds(17))).toEqual(
    await onnxRuntime(concatOf(17), concatFeeds(17)),
  );
});

function gelu(approximate: string, dtype: "float32" | "float64" = "float32"): Graph {
  const b = new Builder();
  const x = b.input("x", dtype, ["n"]);
  return b.build(b.node("Gelu", [x], { approximate }, { outputs: ["y"] }));
}

test.each(["tanh", "none"])(
  "Gelu %s is spelled out where a runtime computes it wrongly",
  async (form) => {
    const avoid = avoiding(`Gelu.${form}`);
    const wide = gelu(form, "float64");
    const graph = legalize(wide, avoid);
    expect(graph.nodes.every(({ op }) => op !== "Gelu")).toBe(true);
    const x = tensor([-10, -2, -0.5, 0, 0.1, 1, 3, 20]);
    const exact = evaluate(wide, { x }).y!;
    const spelled = evaluate(graph, { x }).y!;
    expectClose(spelled.data, exact.data, 12);
    const computed = (await onnxRuntime(legalize(gelu(form), avoid), { x })).y!;
    expectClose(computed, exact.data, 5);
  },
);

test("the other form of Gelu stays", () => {
  const graph = gelu("tanh");
  expect(legalize(graph, avoiding("Gelu.none"))).toBe(graph);
  // tanh form at 1: 0.5 (1 + tanh(0.7978845608 * 1.044715)) = 0.8411919906; erf form: 0.8413447461
  const spelled = legalize(gelu("tanh", "float64"), avoiding("Gelu.tanh"));
  expect(evaluate(spelled, { x: tensor([1]) }).y!.item()).toBeCloseTo(0.8411919906, 9);
});

test.each([
  { axes: [1], keepDims: false },
  { axes: [0, 1], keepDims: true },
])("ReduceLogSumExp over $axes is spelled out without overflow", ({ axes, keepDims }) => {
  const b = new Builder();
  const x = b.input("x", "float32", [4, 2]);
  const built = b.build([b.named("y", b.logSumExp(x, axes, keepDims))]);
  const graph = legalize(built, avoiding("ReduceLogSumExp"));
  expect(graph.nodes.map(({ op }) => op)).not.toContain("ReduceLogSumExp");
  // exp(1000) overflows; a row of nothing stays nothing, and infinity stays infinity.
  const rows =
    axes.length > 1
      ? [1000, 1000, 3, 2, 0, 1, 0, 1]
      : [1000, 1000, 3, 2, -Infinity, -Infinity, Infinity, 0];
  const feeds = { x: tensor(rows, { shape: [4, 2] }) };
  const { y } = evaluate(built, feeds);
  expect(evaluate(graph, feeds).y?.shape).toEqual(y?.shape);
  expectFinitelyClose(evaluate(graph, feeds).y!.data, y!.data);
});

function expectFinitelyClose(actual: Numbers, expected: Numbers): void {
  const finite = (values: Numbers) =>
    Array.from(values, (v) => (Number.isFinite(v) ? Number(v) : 0));
  expect(Array.from(actual, String).map((v) => v.includes("Infinity") && v)).toEqual(
    Array.from(expected, String).map((v) => v.includes("Infinity") && v),
  );
  expectClose(finite(actual), finite(expected), 9);
}

test("two Gelus share their constants", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2]);
  const attrs = { approximate: "tanh" };
  const [h] = b.node("Gelu", [x], attrs);
  const graph = legalize(
    b.build(b.node("Gelu", [h!], attrs, { outputs: ["y"] })),
    avoiding("Gelu.tanh"),
  );
  // 0.044715, sqrt(2/pi), 0.5 and 1
  expect(graph.initializers.size).toBe(4);
});

test.each([-1, 1])(
  "statistics of LayerNormalization (axis %i) are computed beside it",
  async (axis) => {
    const b = new Builder();
    const x = b.input("x", "float32", [2, 3, 4]);
    const shape = axis === -1 ? [4] : [3, 4];
    const scale = full(shape, 2, "float32");
    const outputs = ["y", "mean", "inverse"];
    // 1/4 is the same number in float32 and float64.
    const attrs = { axis, epsilon: 0.25 };
    const wide = b.build(
      b.node("LayerNormalization", [x, b.initializer("w", scale)], attrs, { outputs }),
    );
    const graph = legalize(wide, avoiding("LayerNormalization.outputs"));
    const norm = graph.nodes.find(({ op }) => op === "LayerNormalization")!;
    expect(norm.outputs).toEqual(["y"]);
    const feeds = {
      x: tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
        { shape: [2, 3, 4] },
      ),
    };
    const [spelled, exact] = [evaluate(graph, feeds), evaluate(wide, feeds)];
    const computed = await onnxRuntime(graph, feeds);
    for (const name of outputs) {
      expect(spelled[name]!.shape).toEqual(exact[name]!.shape);
      expectClose(spelled[name]!.data, exact[name]!.data, 12);
      expectClose(computed[name]!, exact[name]!.data, 5);
    }
  },
);

test("a LayerNormalization whose statistics nobody asks for stays", () => {
  const b = new Builder();
  const x = b.input("x", "float32", [2, 4]);
  const graph = b.build([b.named("y", b.layerNorm(x, b.initializer("w", tensor([1, 1, 1, 1]))))]);
  expect(legalize(graph, avoiding("LayerNormalization.outputs"))).toBe(graph);
});

test("branches of an If are legalized too", () => {
  const choice = ifGraph();
  const branch = choice.nodes[0]!.attrs.then_branch!;
  if (branch.type !== "graph") throw new Error("no branch");
  const wide: Node = {
    ...branch.value.nodes[0]!,
    op: "Sum",
    inputs: ["x", "one", "x", "one", "x"],
  };
  const value = { ...branch.value, nodes: [wide] };
  const attrs = { ...choice.nodes[0]!.attrs, then_branch: { type: "graph", value } as const };
  const graph = legalize({ ...choice, nodes: [{ ...choice.nodes[0]!, attrs }] }, limits);
  const then = graph.nodes[0]!.attrs.then_branch!;
  if (then.type !== "graph") throw new Error("no branch");
  expect(widest(then.value)).toBeLessThanOrEqual(LIMIT);
  expect(then.value.nodes.at(-1)!.outputs).toEqual(["then_y"]);
});

test("limits that cannot be kept throw", () => {
  expect(() => legalize(concatOf(3), { tensorsPerOp: 1, avoid: [] })).toThrow(
    new RangeError("legalize: tensorsPerOp must be at least 2, got 1"),
  );
  expect(() => legalize(concatOf(3), avoiding("Gelu.tan"))).toThrow(
    new RangeError('legalize: no way to avoid "Gelu.tan"; did you mean "Gelu.tanh"?'),
  );
  expect(() => legalize(concatOf(3), avoiding("Sin"))).toThrow(
    new RangeError(
      'legalize: no way to avoid "Sin"; known: Gelu.tanh, Gelu.none, LayerNormalization.outputs, ReduceLogSumExp',
    ),
  );
  const b = new Builder();
  const xs = Array.from({ length: 5 }, (_, i) => b.input(`x${i}`, "float32", [2]));
  const [y] = b.node("Einsum", xs, { equation: "a,a,a,a,a->a" }, { outputs: ["y"] });
  expect(() => legalize(b.build([y!]), limits)).toThrow(
    new RangeError('legalize: Einsum "y" has 5 inputs, the runtime takes 4'),
  );
  const unknown = { ...gelu("tanh"), values: new Map() };
  expect(() => legalize(unknown, avoiding("Gelu.tanh"))).toThrow(
    new RangeError('legalize: Gelu "y" needs the float type of "x", which is unknown'),
  );
});
