/** @file The ONNX files of `golden/`, with feeds for each, and ONNX Runtime to run them. */

import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { goldenPath, readJson } from "../../../test/golden";

// 60 files of the usual exporters: golden/onnx/README.md says how each was made.
export const onnxFolder = goldenPath("onnx");

export interface Entry {
  readonly file: string;
  readonly inputs: Readonly<Record<string, readonly [string, ...(number | string)[]]>>;
}

export const entries = readJson<Entry[]>(join(onnxFolder, "index.json"));

const BATCH = 1;
const TOKENS = 5;
const PAST = 2;

/** One row of 5 tokens after a cache of 2 (where the file has a cache). */
export function feedsFor(entry: Entry): Record<string, Tensor> {
  const past = Object.keys(entry.inputs).some((name) => name.startsWith("past")) ? PAST : 0;
  const feeds: Record<string, Tensor> = {};
  for (const [name, [type, ...dims]] of Object.entries(entry.inputs)) {
    if (name === "use_cache_branch") feeds[name] = new Tensor("bool", [1], [1]);
    else if (type === "float") {
      const shape = dims.map((dim, axis) =>
        typeof dim === "number" ? dim : axis === 0 ? BATCH : past,
      );
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i + name.length));
      feeds[name] = new Tensor("float32", data, shape);
    } else {
      const length = name === "attention_mask" ? past + TOKENS : TOKENS;
      const data = BigInt64Array.from({ length }, (_, i) => idOf(name, i, past));
      feeds[name] = new Tensor("int64", data, [BATCH, length]);
    }
  }
  return feeds;
}

function idOf(name: string, i: number, past: number): bigint {
  if (name === "input_ids") return BigInt(3 + ((i * 17) % 80));
  if (name === "position_ids") return BigInt(past + i);
  return name === "attention_mask" ? 1n : 0n;
}

/** Runs a model (a path, or bytes) in ONNX Runtime. */
export async function run(model: Uint8Array | string, feeds: Record<string, Tensor>) {
  const session = await InferenceSession.create(model as string, {
    // Without any optimization ONNX Runtime 1.30 refuses its own casts in the float16 files.
    graphOptimizationLevel: "basic",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { type, dims, data }]),
  );
}

/** Runs a file of the index, or what was made of it, on the feeds that its inputs ask for. */
export function runOnnx(file: string, model: Uint8Array | string) {
  return run(model, feedsFor(entries.find((entry) => entry.file === file)!));
}
