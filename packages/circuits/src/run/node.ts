/** @file The node engine: what a component writes is replaced where it writes it, in the ordinary residual stream. */

import type { ResolvedEdit } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import type { Activations } from "../ablation/activations";
import type { EdgeMask } from "../ablation/replaced-mask";
import type { EdgeGraph } from "../graph/edge-graph";
import { sourceGroups } from "../graph/sources";

/** One edit per hook that has a replaced source; the mask is [batch or 1, pos or 1, source], 0 or 1. */
export function nodeEdits(
  graph: EdgeGraph,
  mask: EdgeMask,
  { form, values }: Activations,
): ResolvedEdit[] {
  return sourceGroups(graph.shape).flatMap(({ kind, hook, first, count }) => {
    const own = columns(mask, graph.sources.length, first, count);
    if (own.every((x) => x === 0)) return [];
    const heads = kind === "heads";
    const { batch, pos } = mask;
    return [
      {
        structure: {
          at: hook,
          operation: "set" as const,
          rank: heads ? 4 : 3,
          mask: heads ? [batch > 1, pos > 1, true, false] : [batch > 1, pos > 1, false],
          value: [form === "prompt", form !== "constant", true, true].slice(0, heads ? 4 : 3),
        },
        mask: {
          dtype: "bool",
          shape: heads ? [batch, pos, count, 1] : [batch, pos, 1],
          data: own,
        } as TensorLike,
        value: values[hook]!,
        by: 1,
      },
    ];
  });
}

function columns(
  { batch, pos, values }: EdgeMask,
  stride: number,
  first: number,
  count: number,
): Uint8Array {
  const out = new Uint8Array(batch * pos * count);
  for (let row = 0; row < batch * pos; row++)
    for (let i = 0; i < count; i++)
      out[row * count + i] = values[row * stride + first + i]! > 0 ? 1 : 0;
  return out;
}
