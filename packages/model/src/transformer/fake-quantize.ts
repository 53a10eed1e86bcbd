/**
 * @file Rounds a value to 256 steps between its least and greatest number, and back.
 *
 * What DynamicQuantizeLinear-11 followed by DequantizeLinear computes: the activations that a dynamic int8 export sees.
 */

import { Builder, type Graph, type Node, type Value } from "@diopter/graph";

/**
 * x as dynamic 8-bit quantization sees it, with one scale for all of x, in standard ops.
 *
 * scale = (max(x, 0) - min(x, 0)) / 255, zero = round(-min / scale), result = (clip(round(x / scale) + zero, 0, 255) -
 * zero) scale; halves are rounded to even. Source: ONNX DynamicQuantizeLinear-11.
 */
export function fakeQuantize(b: Builder, x: Value): Value {
  const round = (value: Value) => b.node("Round", [value])[0]!;
  const least = b.min(b.reduceMin(x), 0);
  const greatest = b.max(b.reduceMax(x), 0);
  const scale = b.div(b.sub(greatest, least), 255);
  // All zeros have no scale; any serves.
  const safe = b.where(b.equal(scale, 0), 1, scale);
  const zero = round(b.clip(b.div(b.neg(least), safe), 0, 255));
  const code = b.clip(b.add(round(b.div(x, safe)), zero), 0, 255);
  return b.mul(b.sub(code, zero), safe);
}

/** The graph with every FakeQuantizeLinear of domain "diopter" written in standard ops, as runtimes need it. */
export function lowerFakeQuantize(graph: Graph): Graph {
  if (!graph.nodes.some(({ domain }) => domain === "diopter")) return graph;
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op !== "FakeQuantizeLinear" || node.domain !== "diopter") return [node];
    const [x, y] = [node.inputs[0]!, node.outputs[0]!];
    const rank = graph.values.get(x)?.shape?.length ?? 3;
    const b = new Builder({ opset: graph.opsets[""] ?? 23 });
    const value = b.input(
      x,
      "float32",
      Array.from({ length: rank }, () => null),
    );
    const made = b.build([b.named(y, fakeQuantize(b, value))]);
    const own = (name: string) => (name === x || name === y || name === "" ? name : `${y}/${name}`);
    for (const [name, tensor] of made.initializers) initializers.set(own(name), tensor);
    return made.nodes.map((inner) => ({
      ...inner,
      inputs: inner.inputs.map(own),
      outputs: inner.outputs.map(own),
    }));
  });
  const { diopter: _, ...opsets } = graph.opsets;
  return { ...graph, nodes, initializers, opsets };
}
