/** @file Weights as external data of a model, so that ONNX Runtime copies each into its memory once and no file holds them. */

import type { Graph, Initializer } from "@diopter/graph";
import { bytesPerElement, type DType } from "@diopter/tensor";
import type { WeightUse } from "../session/backend";

/** Turns graph inputs into initializers whose numbers are in external data of the same name. */
export function asExternal(graph: Graph, { map, inputs }: WeightUse): Graph {
  const initializers = new Map<string, Initializer>(graph.initializers);
  for (const { name, dtype } of inputs) {
    const { shape, data } = map.get(name)!;
    const length = data.length * bytesPerElement(dtype as DType);
    initializers.set(name, {
      dtype: dtype as DType,
      shape,
      external: { location: name, offset: 0, length },
    });
  }
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !initializers.has(name)),
    initializers,
  };
}

/** Bytes of the weights in the dtypes that a graph declares. */
export function bytesOf({ map, inputs }: WeightUse): number {
  return inputs.reduce(
    (total, { name, dtype }) =>
      total + map.get(name)!.data.length * bytesPerElement(dtype as DType),
    0,
  );
}
