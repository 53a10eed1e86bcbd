import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  cut,
  decode,
  encode,
  foldConstants,
  type Graph,
  legalize,
  prune,
  rename,
  splice,
} from "@diopter/graph";
import { describe, expect, test } from "vitest";
import { onnxFolder, runOnnx } from "../onnx-files";

// One file per exporter family; golden/onnx/README.md says how each was made.
const FILES = [
  "gpt2/torchscript14-eager.onnx",
  "gpt2/optimum1-merged.onnx",
  "llama/optimum-past.onnx",
  "llama/dynamo23-sdpa.onnx",
];

const read = (file: string) => decode(readFileSync(join(onnxFolder, file)));

async function expectSame(file: string, graph: Graph): Promise<void> {
  const [expected, actual] = [
    await runOnnx(file, join(onnxFolder, file)),
    await runOnnx(file, encode(graph)),
  ];
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    expect(actual[name]!.data).toBeAllclose(data as Float32Array, { rtol: 1e-4, atol: 1e-5 });
  }
}

describe("passes over files of other people's exporters", () => {
  test.each(FILES)("%s computes the same when folded, pruned and legalized", async (file) => {
    const graph = read(file);
    const folded = foldConstants(graph);
    expect(folded.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
    const legal = legalize(prune(folded, undefined, { keepInputs: true }), {
      tensorsPerOp: 2,
      avoid: [],
    });
    const wide = legal.nodes.filter(({ op, inputs }) => op === "Concat" && inputs.length > 2);
    expect(wide).toEqual([]);
    await expectSame(file, legal);
  });

  test.each(FILES)(
    "%s computes the same when every value has another name but what is fed and read",
    async (file) => {
      const graph = read(file);
      const fixed = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
      await expectSame(
        file,
        rename(graph, (name) => (fixed.has(name) ? undefined : `renamed.${name}`)),
      );
    },
  );

  test("a value of an imported file is spliced, and the file is cut there", async () => {
    const file = "gpt2/torchscript14-eager.onnx";
    const graph = read(file);
    const resid = graph.nodes.find(({ op }) => op === "LayerNormalization" || op === "ReduceMean")!
      .inputs[0]!;
    await expectSame(
      file,
      splice(graph, resid, (b, x) => b.neg(b.neg(x))),
    );
    const rest = cut(graph, resid);
    expect(rest.inputs.map(({ name }) => name)).toContain(resid);
    expect(rest.nodes.length).toBeLessThan(graph.nodes.length);
    expect(rest.nodes.some(({ outputs }) => outputs.includes(resid))).toBe(false);
  });
});
