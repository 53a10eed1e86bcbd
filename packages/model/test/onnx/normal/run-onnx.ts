/** @file Runs graphs on ONNX Runtime, for tests of what other code makes of them. */

import { encode, type Graph } from "@diopter/graph";
import { fromData, type TensorLike } from "@diopter/tensor";
import * as ort from "onnxruntime-node";
import { lowerFakeQuantize } from "../../../src/transformer/fake-quantize";

/** The outputs of a graph; `optimize` where ONNX Runtime refuses to run it as it is. */
export async function runOnnx(
  graph: Graph,
  feeds: Readonly<Record<string, TensorLike>>,
  { optimize = false }: { optimize?: boolean } = {},
): Promise<Record<string, TensorLike>> {
  const session = await ort.InferenceSession.create(encode(lowerFakeQuantize(graph)), {
    graphOptimizationLevel: optimize ? "all" : "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const fed = session.inputNames.map((name) => [name, toOrt(name, feeds[name])] as const);
    const made = await session.run(Object.fromEntries(fed));
    const read = Object.entries(made).map(([name, tensor]) => [name, fromOrt(tensor)] as const);
    return Object.fromEntries(read);
  } finally {
    await session.release();
  }
}

function toOrt(name: string, tensor: TensorLike | undefined): ort.Tensor {
  if (tensor === undefined) throw new RangeError(`run: nothing is fed to "${name}"`);
  const type = tensor.dtype as "float32";
  return new ort.Tensor(type, tensor.data as Float32Array, [...tensor.shape]);
}

function fromOrt(tensor: ort.Tensor): TensorLike {
  return fromData(tensor.data as Float32Array, [...tensor.dims]);
}

/** The graph with these values as its outputs. */
export function withOutputs(graph: Graph, names: readonly string[]): Graph {
  const outputs = names.map((name) => {
    const declared = graph.outputs.find((output) => output.name === name);
    const { dtype } = declared ?? graph.values.get(name)!;
    return { name, dtype, shape: undefined };
  });
  return { ...graph, outputs, values: new Map() };
}

/** Largest difference of two tensors over the largest finite |number| of the first; infinite where sizes differ. */
export function difference(a: TensorLike, b: TensorLike): number {
  if (a.data.length !== b.data.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [p, q] = [Number(a.data[i]), Number(b.data[i])];
    if (Number.isNaN(p) !== Number.isNaN(q)) return Number.POSITIVE_INFINITY;
    // A mask holds the least number there is.
    if (p !== q && !Number.isNaN(p)) worst = Math.max(worst, Math.abs(p - q));
    if (Math.abs(p) < 1e30) largest = Math.max(largest, Math.abs(p));
  }
  return worst / (largest || 1);
}
