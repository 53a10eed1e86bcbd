/** @file What every runtime does with a graph first: check its weights, fit it to the runtime's limits, sort its inputs. */

import { type Graph, legalize, type ValueInfo } from "@diopter/graph";
import type { TensorLike } from "@diopter/tensor";
import { checkWeight, inDType } from "./feeds";
import type { RuntimeLimits } from "./runtime";

export interface Fitted {
  readonly graph: Graph;
  /** Inputs that come with each run. */
  readonly feeds: readonly ValueInfo[];
  /** Inputs that the runtime feeds from the weights; none where they became initializers. */
  readonly weights: readonly ValueInfo[];
}

export function fit(
  runtime: string,
  graph: Graph,
  weights: ReadonlyMap<string, TensorLike>,
  limits: RuntimeLimits,
): Fitted {
  for (const input of graph.inputs) {
    const weight = weights.get(input.name);
    if (weight) checkWeight(runtime, input, weight);
  }
  const placed = limits.weightsAs === "inputs" ? graph : weightsAsInitializers(graph, weights);
  const legal = legalize(placed, limits);
  return {
    graph: legal,
    // An input with an initializer has its number already, as in files that list their weights as inputs.
    feeds: legal.inputs.filter(({ name }) => !weights.has(name) && !legal.initializers.has(name)),
    weights: legal.inputs.filter(({ name }) => weights.has(name)),
  };
}

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
