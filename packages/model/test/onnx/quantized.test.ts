/** @file Quantized and merged exports compute what ONNX Runtime computes of the file itself. */

import { readFileSync } from "node:fs";
import { decode, encode } from "@diopter/graph";
import { logitDifference } from "@diopter/model";
import { node } from "@diopter/model/node";
import { fromData, type Tensor } from "@diopter/tensor";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { distance, goldensOf, onnxPath, openExport, quantizedExports, rows } from "./golden-onnx";
import { exactProducts } from "./normal/run-onnx";

const runtime = node();
afterAll(() => runtime.dispose());

/** The logits of a file as ONNX Runtime gives them. */
async function ownLogits(file: string, tokens: readonly (readonly number[])[]): Promise<Tensor> {
  const session = await InferenceSession.create(
    encode(exactProducts(decode(readFileSync(onnxPath(file))))),
    {
      graphOptimizationLevel: file.includes("f16") ? "basic" : "disabled",
      intraOpNumThreads: 1,
    },
  );
  const [batch, pos] = [tokens.length, tokens[0]!.length];
  const whole = (values: Iterable<number>, shape: number[]) =>
    new OrtTensor("int64", BigInt64Array.from(values as number[], BigInt), shape);
  const feeds: Record<string, OrtTensor> = {};
  for (const input of session.inputMetadata) {
    const { name } = input;
    if (name === "input_ids") feeds[name] = whole(tokens.flat(), [batch, pos]);
    else if (name === "attention_mask")
      feeds[name] = whole(
        tokens.flat().map(() => 1),
        [batch, pos],
      );
    else if (name === "position_ids")
      feeds[name] = whole(
        tokens.flatMap((row) => row.map((_, i) => i)),
        [batch, pos],
      );
    else if (name === "use_cache_branch") feeds[name] = new OrtTensor("bool", [false], [1]);
    else if (input.isTensor) {
      const shape = input.shape.map((dim, i) =>
        typeof dim === "number" && dim > 0 ? dim : i === 0 ? batch : 0,
      );
      feeds[name] = new OrtTensor("float32", new Float32Array(0), shape);
    }
  }
  const { logits } = await session.run(feeds, ["logits"]);
  const result = fromData(Float32Array.from(logits!.data as Float32Array), [...logits!.dims]);
  await session.release();
  return result;
}

for (const entry of quantizedExports) {
  const { file } = entry;
  test(`${file}: logits are those of the file`, async () => {
    const golden = await goldensOf(entry);
    const tokens = rows(golden.get("input_ids") ?? golden.get("prompt0.input_ids")!);
    const model = await openExport(file, runtime);
    const { logits } = await model.run({ tokens });
    // float16 products and rounded steps: a value on the edge of a step may fall on either side.
    const tolerance = file.includes("f16") ? 3e-2 : file.includes("int8") ? 1e-2 : 1e-3;
    expect(distance(logits, await ownLogits(file, tokens))).toBeLessThan(tolerance);
    await model.dispose();
  });
}

for (const family of ["gpt2", "llama"]) {
  test(`${family}: gradients of int8 are the slope over steps wider than its rounding`, async () => {
    const [int8, float] = [
      await openExport(`${family}/optimum-past-int8.onnx`, runtime),
      await openExport(`${family}/optimum-past.onnx`, runtime),
    ];
    const prompt = [[3, 14, 15, 9, 2, 6]];
    const at = "blocks.1.hook_resid_pre";
    const metric = logitDifference(5, 40);
    const slopes = await Promise.all(
      [int8, float].map((model) => model.gradients(prompt, { of: metric, wrt: at })),
    );
    const [own, smooth] = slopes.map(({ gradients }) => gradients.get(at).data as Float32Array);
    // The direction in which the float model rises fastest, of length 1.
    const length = Math.hypot(...smooth!);
    const direction = smooth!.map((x) => x / length);
    const along = own!.reduce((sum, x, i) => sum + x * direction[i]!, 0);
    const measured = async (by: number) => {
      const value = fromData(
        direction.map((x) => x * by),
        [6, direction.length / 6],
      );
      const [y] = await int8.measure(prompt, metric, { edits: [{ at, do: "add", value }] });
      return y!;
    };
    // A line through eight points, up to a fiftieth of the stream away: most codes change, the float model hardly bends.
    const { cache } = await float.runWithCache(prompt, { names: [at] });
    const reach = Math.hypot(...(cache.get(at).data as Float32Array)) / 50;
    let [slope, squares] = [0, 0];
    for (const share of [-1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1]) {
      const by = share * reach;
      slope += by * (await measured(by));
      squares += by * by;
    }
    slope /= squares;
    expect(along / slope).toBeGreaterThan(0.8);
    expect(along / slope).toBeLessThan(1.2);
    expect(along / length).toBeGreaterThan(0.9);
    expect(along / length).toBeLessThan(1.1);
    await Promise.all([int8.dispose(), float.dispose()]);
  });
}
