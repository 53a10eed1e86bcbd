/** @file Affine maps: one matrix for all heads, or one matrix per head for inputs that differ by head. */

import { Builder, type Graph, type Node, type Value } from "@diopter/graph";
import type { Quiet } from "./context";

/** x [..., in] times W [in, out], plus a bias if there is one. */
export function linear(b: Builder, x: Value, W: Value, bias?: Value): Value {
  const y = b.matmul(x, W);
  return bias ? b.add(y, bias) : y;
}

/** What the matrix `name` reads of x: x itself, or x rounded to 8 bits where the configuration says so. */
export function operand({ b, c }: Pick<Quiet, "b" | "c">, name: string, x: Value): Value {
  return c.dynamicQuantization?.includes(name) ? fakeQuantize(b, x) : x;
}

/** [batch, pos, head * width] as [batch, pos, head, width]. */
export function splitHeads(b: Builder, x: Value, heads: number): Value {
  const [batch, pos, joined] = x.shape;
  return b.reshape(x, [batch!, pos!, heads, (joined as number) / heads]);
}

/** [batch, pos, head, width] as [batch, pos, head * width]. */
export function joinHeads(b: Builder, x: Value): Value {
  const [batch, pos, heads, width] = x.shape;
  return b.reshape(x, [batch!, pos!, (heads as number) * (width as number)]);
}

/** x [batch, pos, head, in] times W [head, in, out], each head by its own matrix: [batch, pos, head, out]. */
export function perHead(b: Builder, x: Value, W: Value): Value {
  const [batch, pos, heads, width] = x.shape;
  const out = W.shape[2]!;
  const rows = b.reshape(b.transpose(x, [2, 0, 1, 3]), [heads!, `${batch}*${pos}`, width!]); // [head, batch*pos, in]
  const y = b.reshape(b.matmul(rows, W), [heads!, batch!, pos!, out]);
  return b.transpose(y, [1, 2, 0, 3]);
}

/** A [in, head * out] matrix as [head, in, out]; of some heads when told which, so that only theirs is moved. */
export function columnsByHead(
  b: Builder,
  W: Value,
  heads: number,
  subset?: readonly number[],
): Value {
  const [rows, columns] = W.shape as [number, number];
  const split = b.reshape(W, [rows, heads, columns / heads]);
  return b.transpose(subset ? b.gather(split, subset, 1) : split, [1, 0, 2]);
}

/** A [head * in, out] matrix as [head, in, out]. */
export function rowsByHead(b: Builder, W: Value, heads: number): Value {
  const [rows, columns] = W.shape as [number, number];
  return b.reshape(W, [heads, rows / heads, columns]);
}

/** Repeats [batch, pos, width] for every head: [batch, pos, head, width]. */
export function repeatHeads(b: Builder, x: Value, heads: number): Value {
  const [batch, pos, width] = x.shape;
  return b.expand(b.unsqueeze(x, [2]), [batch!, pos!, heads, width!]);
}

/**
 * x as dynamic 8-bit quantization sees it, with one scale for all of x, in standard ops.
 *
 * scale = (max(x, 0) - min(x, 0)) / 255, zero = round(-min / scale), result = (clip(round(x / scale) + zero, 0, 255) -
 * zero) scale; halves are rounded to even. Source: ONNX DynamicQuantizeLinear-11.
 *
 * Rounding is flat nearly everywhere, so gradients go straight through: as if nothing had been rounded.
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
  return b.straightThrough(b.mul(b.sub(code, zero), safe), x);
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
