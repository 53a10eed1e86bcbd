/** @file Weights written into a graph, for runtimes that would otherwise copy them at every run. */

import type { Graph } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { inDType } from "./feeds";

/** Turns the graph inputs that `weights` names into initializers of the declared dtype. */
export function weightsAsInitializers(
  graph: Graph,
  weights: ReadonlyMap<string, TensorLike>,
): Graph {
  const initializers = new Map(graph.initializers);
  for (const { name, dtype } of graph.inputs) {
    const weight = weights.get(name);
    if (weight) initializers.set(name, inDType(weight, dtype));
  }
  return { ...graph, inputs: graph.inputs.filter(({ name }) => !weights.has(name)), initializers };
}
