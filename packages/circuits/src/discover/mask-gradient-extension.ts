/** @file Derivatives of an objective by the edge masks of the dense view. */

import { backward } from "@diopter/graph";
import type { Extension, Metric } from "@diopter/model";
import type { TensorLike } from "@diopter/tensor";
import type { DenseForm } from "../run/dense";
import type { Readers } from "../run/feeds";

/** Name of the output with the derivative by one mask feed. */
export function maskGradientOutput(feed: string): string {
  return `d ${feed}`;
}

/** Outputs the objective [batch] and its derivative by every mask feed, in the feed's shape. */
export function maskGradientExtension(
  groups: readonly Readers[],
  objective: Metric,
  form: DenseForm,
): Extension {
  return {
    key: `mask gradients ${JSON.stringify([objective.key, form])}`,
    build(e) {
      const { b } = e;
      const value = objective.build(e);
      const masks = groups.map(({ feed }) => b.value(feed));
      const gradients = backward(b, b.sum(value, [0], false), masks);
      return {
        objective: value,
        ...Object.fromEntries(
          groups.map(({ feed }, i) => [maskGradientOutput(feed), gradients[i]!]),
        ),
      };
    },
  };
}

/** The derivatives in the order of the edges, [row, edge]. */
export function maskGradientsOf(
  groups: readonly Readers[],
  edges: number,
  outputs: ReadonlyMap<string, TensorLike>,
  rows: number,
): Float64Array {
  const scores = new Float64Array(rows * edges);
  for (const { feed, readers, reads, firstEdge } of groups) {
    const data = outputs.get(maskGradientOutput(feed))!.data as Float32Array;
    const size = readers * reads;
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < size; i++) scores[row * edges + firstEdge + i] = data[row * size + i]!;
  }
  return scores;
}
