/** @file Score outputs of a program as one vector in the order of the edges. */

import type { Outputs } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import { EdgeGraph } from "../../../graph/edge-graph";
import { readersOf } from "../../../run/feeds";
import { scoreOutput } from "../score-extension";

/**
 * Scores [batch, pos, edge] from outputs [batch, pos or none, reader, source].
 *
 * The heads of a layer come as queries, keys and values together; a joint input has the sum of its three.
 */
export function gathered(
  graph: EdgeGraph,
  outputs: Outputs,
  batch: number,
  pos: number,
): { pos: number; scores: Float64Array } {
  const edges = graph.edgeCount;
  const scores = new Float64Array(batch * pos * edges);
  const split =
    graph.shape.inputs === "split" ? graph : new EdgeGraph({ ...graph.shape, inputs: "split" });
  const offsets = new Map<string, number>();
  for (const { feed, readers, reads, firstEdge } of readersOf(split)) {
    const { output, target } = placeOf(graph, feed, firstEdge);
    const { data, shape } = outputs[output]! as TensorLike<"float32">;
    const rows = shape.at(-2)!;
    const skip = offsets.get(output) ?? 0;
    offsets.set(output, skip + readers);
    for (let row = 0; row < batch * pos; row++) {
      const from = (row * rows + skip) * reads;
      for (let i = 0; i < readers * reads; i++)
        scores[row * edges + target + i]! += data[from + i]!;
    }
  }
  return { pos, scores };
}

function placeOf(
  graph: EdgeGraph,
  feed: string,
  firstEdge: number,
): { output: string; target: number } {
  const [, layer, kind] = feed.split(".") as [string, string, string];
  const heads = kind === "q" || kind === "k" || kind === "v";
  const output = scoreOutput(Number(layer), heads ? "attn" : (kind as "mlp" | "logits"));
  if (graph.shape.inputs === "split") return { output, target: firstEdge };
  const name = heads ? `a${layer}.h0` : kind === "mlp" ? `m${layer}` : "logits";
  return { output, target: graph.destinations[graph.destination(name)]!.firstEdge };
}
