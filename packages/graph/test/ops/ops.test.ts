import {
  Builder,
  backward,
  type Dim,
  encode,
  evaluate,
  type Graph,
  gradientRules,
  ops,
  type Value,
} from "@diopter/graph";
import { cast, fromData, type Tensor } from "@diopter/tensor";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { type OpCase, opCases, SYMBOLS } from "./op-cases";

const isFloat = (x: { readonly dtype: string }) => x.dtype.startsWith("float");
const covered = new Set<string>();
const differentiated = new Set<string>();

interface Built {
  readonly graph: Graph;
  readonly outputs: readonly string[];
  /** Names of the gradients of the sum of all float outputs, each weighted by a feed. */
  readonly gradients: readonly string[];
  readonly wrt: readonly string[];
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** The graph of a case in a float dtype, with gradients; sizes 5 and 7 as symbols on request. */
function build(c: OpCase, dtype: "float32" | "float64", symbolic: boolean): Built {
  const b = new Builder({ opset: c.opset ?? 20 });
  const dim = (size: number): Dim => (symbolic ? (SYMBOLS[size] ?? size) : size);
  const inputs = Object.fromEntries(
    Object.entries(c.feeds).map(([name, x]) => [
      name,
      b.input(name, isFloat(x) ? dtype : x.dtype, x.shape.map(dim)),
    ]),
  );
  const made = c.write(b, inputs, { batch: dim(5), pos: dim(7) });
  const outputs = ([made].flat() as Value[]).map((y, i) => b.named(`y${i}`, y));
  for (const node of b.build(outputs).nodes) covered.add(node.op);
  const wrt = c.wrt ?? Object.keys(c.feeds).filter((name) => isFloat(c.feeds[name]!));
  const feeds: Record<string, Tensor> = { ...c.feeds };
  if (wrt.length === 0) {
    return {
      graph: b.build(outputs),
      outputs: outputs.map((y) => y.name),
      gradients: [],
      wrt,
      feeds,
    };
  }
  const concrete = evaluate(b.build(outputs), c.feeds);
  const weighted = outputs.filter(isFloat).map((y, i) => {
    const { shape, size } = concrete[y.name]!;
    feeds[`seed${i}`] = fromData(
      Float64Array.from({ length: size }, (_, n) => Math.cos(n + i)),
      shape,
    );
    return b.sum(b.mul(y, b.input(`seed${i}`, dtype, y.shape)));
  });
  for (const node of b.build(outputs).nodes)
    if (gradientRules[node.op]) differentiated.add(node.op);
  const loss = b.named(
    "loss",
    weighted.reduce((p, q) => b.add(p, q)),
  );
  const gradients = backward(
    b,
    loss,
    wrt.map((name) => inputs[name]!),
  ).map((g, i) => b.named(`d${wrt[i]}`, g));
  const graph = b.build([...outputs, loss, ...gradients]);
  return {
    graph,
    outputs: outputs.map((y) => y.name),
    gradients: gradients.map((g) => g.name),
    wrt,
    feeds,
  };
}

/** Every inferred dimension must be what the evaluator makes of it. */
function checkShapes(graph: Graph, feeds: Readonly<Record<string, Tensor>>): void {
  const bound = (dim: Dim) => {
    if (dim === null || typeof dim === "number") return dim;
    return Number(new Function("batch", "pos", `return ${dim}`)(5, 7));
  };
  const trace = (name: string, x: Tensor) => {
    const info = graph.values.get(name);
    if (info?.shape === undefined) return;
    const expected = info.shape.map((dim, i) => bound(dim) ?? x.shape[i]);
    expect([name, ...x.shape]).toEqual([name, ...expected]);
    expect([name, isFloat(x) ? "float" : x.dtype]).toEqual([
      name,
      isFloat(info) ? "float" : info.dtype,
    ]);
  };
  evaluate(graph, feeds, { trace });
}

/** Central differences of the loss along every element of an input. */
function differences(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  name: string,
): number[] {
  const x = feeds[name] as Tensor<"float64">;
  const lossAt = (i: number, step: number) => {
    const moved = x.data.slice();
    moved[i]! += step;
    return evaluate(
      graph,
      { ...feeds, [name]: fromData(moved, x.shape) },
      { outputs: ["loss"] },
    ).loss!.item();
  };
  const step = 1e-5;
  return Array.from(
    { length: x.size },
    (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step),
  );
}

async function runtime(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(encode(graph), { intraOpNumThreads: 1 });
  try {
    const given = Object.entries(feeds).map(([name, x]) => {
      const y = isFloat(x) ? cast(x, "float32") : x;
      return [name, new ort.Tensor(y.dtype as "float32", y.data as Float32Array, y.shape)];
    });
    return await session.run(Object.fromEntries(given));
  } finally {
    await session.release();
  }
}

for (const symbolic of [false, true]) {
  const how = symbolic ? "with symbols" : "with numbers";
  test.each(opCases.map((c) => [c.name, c] as const))(
    `%s: shapes, gradients and ONNX Runtime agree with the evaluator (${how})`,
    async (_, c) => {
      const { graph, outputs, gradients, wrt, feeds } = build(c, "float64", symbolic);
      checkShapes(graph, feeds);
      const exact = evaluate(graph, feeds);
      // With symbols the gradients must be what they are with numbers, which differences have checked.
      const plain = symbolic ? evaluate(build(c, "float64", false).graph, feeds) : undefined;
      wrt.forEach((name, i) => {
        const exactly = plain && plain[gradients[i]!]!.data;
        const expected = exactly ?? differences(graph, feeds, name);
        const received = Array.from(exact[gradients[i]!]!.data, Number);
        expect(received).toBeAllclose(Array.from(expected, Number), { rtol: 1e-6, atol: 1e-7 });
      });
      const single = build(c, "float32", symbolic);
      const made = await runtime(single.graph, feeds);
      for (const name of [...outputs, ...gradients]) {
        const expected = exact[name]!;
        expect([name, ...made[name]!.dims]).toEqual([name, ...expected.shape]);
        expect(made[name]!.type).toBe(isFloat(expected) ? "float32" : expected.dtype);
        expect(Array.from(made[name]!.data as Float32Array, Number)).toBeAllclose(
          Array.from(expected.data as Float64Array, Number),
          { rtol: 1e-4, atol: 2e-5 },
        );
      }
    },
  );
}

afterAll(() => {
  expect(Object.keys(ops).filter((op) => !covered.has(op))).toEqual([]);
  const rules = Object.keys(gradientRules);
  // Their rules say only that the slope is 0.
  const flat = ["Ceil", "Round"];
  expect(rules.filter((op) => !differentiated.has(op) && !flat.includes(op))).toEqual([]);
});
