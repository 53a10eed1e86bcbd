/** @file Quantized and merged exports compute what ONNX Runtime computes of the file itself. */

import { readFileSync } from "node:fs";
import { decode, encode } from "@diopter/graph";
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
