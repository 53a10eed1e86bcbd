import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "@diopter/graph";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { entries, feedsFor, onnxFolder, run } from "../onnx-files";

describe("golden/onnx", () => {
  test("every file of the index is there", () => {
    expect(entries.length).toBe(60);
  });

  test.each(entries.map((entry) => [entry.file, entry] as const))(
    "%s decodes, and what is encoded again computes bit for bit the same",
    async (file, entry) => {
      const path = join(onnxFolder, file);
      const graph = decode(readFileSync(path));
      const again = encode(graph);
      // Cheaper than comparing graphs: a second round trip changes no byte.
      expect(Buffer.compare(encode(decode(again)), again)).toBe(0);
      const feeds = feedsFor(entry);
      if (file !== "gpt2/optimum-external.onnx") {
        expect(await run(again, feeds)).toEqual(await run(path, feeds));
        return;
      }
      const copy = mkdtempSync(join(tmpdir(), "diopter-"));
      copyFileSync(`${path}_data`, join(copy, "optimum-external.onnx_data"));
      writeFileSync(join(copy, "model.onnx"), again);
      const outputs = await run(join(copy, "model.onnx"), feeds).finally(() =>
        rmSync(copy, { recursive: true }),
      );
      expect(outputs).toEqual(await run(path, feeds));
    },
  );

  test("external data is recorded with its place in the other file", () => {
    const graph = decode(readFileSync(join(onnxFolder, "gpt2/optimum-external.onnx")));
    const external = [...graph.initializers.values()].filter((tensor) => "external" in tensor);
    expect(external.length).toBeGreaterThan(0);
    const { location, offset, length } = external[0]!.external;
    expect(location).toBe("optimum-external.onnx_data");
    expect(offset + length!).toBeLessThanOrEqual(
      readFileSync(join(onnxFolder, "gpt2/optimum-external.onnx_data")).length,
    );
  });

  test("weights given as inputs leave the file small and the results as they were", async () => {
    const path = join(onnxFolder, "gpt2/torchscript17-sdpa.onnx");
    const graph = decode(readFileSync(path));
    const bytes = encode(graph, { weightsAs: "inputs" });
    expect(bytes.length).toBeLessThan(readFileSync(path).length / 1.5);
    const feeds = feedsFor(entries.find(({ file }) => file === "gpt2/torchscript17-sdpa.onnx")!);
    const weights = Object.fromEntries(
      [...graph.initializers].map(([name, tensor]) => {
        if (!("data" in tensor)) throw new Error(`${name} is not computed with`);
        return [
          name,
          new Tensor(tensor.dtype as "float32", tensor.data as Float32Array, tensor.shape),
        ];
      }),
    );
    expect(await run(bytes, { ...feeds, ...weights })).toEqual(await run(path, feeds));
  });
});
