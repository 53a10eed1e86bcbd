/** @file Runs graphs on ONNX Runtime, for tests of what other code makes of them. */

import { encode, type Graph } from "@diopter/graph";
import { float16ToFloat32, fromData, type TensorLike } from "@diopter/tensor";
import * as ort from "onnxruntime-node";
import { lowerFakeQuantize } from "../../../src/transformer/linear";

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
  const data =
    tensor.type === "float16"
      ? float16ToFloat32(new Uint16Array((tensor.data as Uint16Array).buffer))
      : (tensor.data as Float32Array);
  return fromData(data, [...tensor.dims]);
}

/**
 * The graph with exact integer products: kernels for signed weights saturate on some processors, and those for 4 bits
 * may round activations, too.
 */
export function exactProducts(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const shift = (name: string) => {
    const tensor = graph.initializers.get(name);
    if (!tensor || !("raw" in tensor) || tensor.dtype !== "int8") return;
    const data = Uint8Array.from(tensor.raw as Uint8Array, (code) => (code + 128) % 256);
    initializers.set(name, { dtype: "uint8", shape: tensor.shape, data });
  };
  const inner = (g: Graph): Graph => ({
    ...g,
    nodes: g.nodes.map((one) => {
      if (one.op === "MatMulInteger")
        for (const name of [one.inputs[1]!, one.inputs[3]!]) shift(name);
      const { accuracy_level: _, ...attrs } = one.attrs;
      const deeper = Object.entries(attrs).map(([name, attr]) => [
        name,
        attr.type === "graph" ? { ...attr, value: inner(attr.value) } : attr,
      ]);
      return { ...one, attrs: Object.fromEntries(deeper) };
    }),
  });
  return { ...inner(graph), initializers };
}

/** The graph with these values as its outputs, float32 where it does not say. */
export function withOutputs(graph: Graph, names: readonly string[]): Graph {
  const outputs = names.map((name) => {
    const declared = graph.outputs.find((output) => output.name === name);
    return { name, dtype: declared?.dtype ?? ("float32" as const), shape: undefined };
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
