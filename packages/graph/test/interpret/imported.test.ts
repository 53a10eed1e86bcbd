import { readFileSync } from "node:fs";
import {
  decode,
  differentiate,
  encode,
  evaluate,
  type Graph,
  inferShapes,
  ops,
} from "@diopter/graph";
import { tensor } from "@diopter/tensor";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { goldenPath, readJson } from "../../../../test/golden";

// Files of the usual exporters, operator sets 11 to 23: see golden/onnx/README.md.
const read = (file: string) => decode(readFileSync(goldenPath(`onnx/${file}`)));
const files = readJson<{ file: string }[]>(goldenPath("onnx/index.json")).map(({ file }) => file);

/** Without a cache, without quantization, and of ops that the table holds. */
const computed = [
  "bert/optimum.onnx",
  "bert/optimum1.onnx",
  "bert/torchscript14-eager.onnx",
  "distilbert/torchscript17-sdpa.onnx",
  "gpt2/dynamo18-sdpa.onnx",
  "gpt2/torchscript14-eager.onnx",
  "gpt_neox/torchscript14-eager.onnx",
  "llama/dynamo18-sdpa.onnx",
  "llama/torchscript17-sdpa.onnx",
  "qwen2/torchscript14-eager.onnx",
];

/** Two rows of seven tokens, the first row padded on the left. */
function feedsFor(graph: Graph) {
  const ids = Array.from({ length: 14 }, (_, i) => 3 + ((i * 17) % 80));
  const mask = ids.map((_, i) => Number(i > 1));
  const values: Record<string, number[]> = {
    input_ids: ids,
    attention_mask: mask,
    position_ids: ids.map((_, i) => i % 7),
    token_type_ids: ids.map(() => 0),
  };
  return Object.fromEntries(
    graph.inputs.map(({ name }) => [
      name,
      tensor(values[name]!, { dtype: "int64", shape: [2, 7] }),
    ]),
  );
}

async function run(graph: Graph, feeds: ReturnType<typeof feedsFor>) {
  const session = await ort.InferenceSession.create(encode(graph), {
    graphOptimizationLevel: "basic",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const given = Object.entries(feeds).map(([name, x]) => [
    name,
    new ort.Tensor("int64", x.data as BigInt64Array, x.shape),
  ]);
  const outputs = await session.run(Object.fromEntries(given));
  await session.release();
  return outputs;
}

test.each(files)("%s has no contradiction of shapes", (file) => {
  const graph = read(file);
  const { values } = inferShapes(graph);
  const first = graph.nodes.findIndex(({ op, domain }) => domain !== "" || !Object.hasOwn(ops, op));
  // Up to the first op that the table does not hold, every rank is known.
  const known = graph.nodes.slice(0, first < 0 ? undefined : first);
  const names = known.flatMap((node) => node.outputs).filter((name) => name !== "");
  expect(names.filter((name) => values.get(name)?.shape === undefined)).toEqual([]);
});

test.each(computed)(
  "%s evaluates to what ONNX Runtime makes of it, in the shapes that were inferred",
  async (file) => {
    const graph = read(file);
    const feeds = feedsFor(graph);
    const { values } = inferShapes(graph);
    const exact = evaluate(graph, feeds, {
      trace: (name, x) => {
        const shape = values.get(name)?.shape;
        if (shape === undefined) return;
        const numbers = shape.map((dim, i) => (typeof dim === "number" ? dim : x.shape[i]));
        expect([name, ...x.shape]).toEqual([name, ...numbers]);
      },
    });
    const made = await run(graph, feeds);
    const { name } = graph.outputs[0]!;
    expect(made[name]!.dims).toEqual(exact[name]!.shape);
    const received = Array.from(made[name]!.data as Float32Array);
    expect(received).toBeAllclose(Array.from(exact[name]!.data, Number), {
      rtol: 1e-4,
      atol: 1e-4,
    });
  },
);

test.each(computed)("%s can be differentiated", async (file) => {
  const graph = read(file);
  const feeds = feedsFor(graph);
  const of = graph.outputs[0]!.name;
  // The embeddings: the first float value with three dimensions.
  const { values } = inferShapes(graph);
  const names = graph.nodes.flatMap((node) => node.outputs);
  const wrt = names.find(
    (name) => values.get(name)?.dtype === "float32" && values.get(name)?.shape?.length === 3,
  )!;
  const name = `d ${of} / d ${wrt}`;
  const both = differentiate(graph, { of, wrt: [wrt] });
  const exact = evaluate(both, feeds, { outputs: [name] })[name]!;
  const made = await run(both, feeds);
  const scale = Math.max(...exact.toFloat64().map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  const received = Array.from(made[name]!.data as Float32Array);
  expect(received).toBeAllclose(Array.from(exact.data, Number), { rtol: 1e-3, atol: 1e-4 * scale });
});
