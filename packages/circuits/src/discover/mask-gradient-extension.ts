/** @file Derivatives of a metric by the edge masks of the dense view. */

import { derivatives, type Extension, type Metric } from "@diopter/model";
import type { Readers } from "../run/feeds";

/** The metric of every prompt, and its derivative by how much of each edge is replaced. */
export interface MaskGradients {
  readonly values: Float64Array;
  /** [row, edge], a row for each prompt or prompt and position. */
  readonly gradients: Float64Array;
}

/** Run it in a dense view whose mask differs by prompt, `groups` being its feeds and `rows` the rows of the mask. */
export function maskGradients(
  groups: readonly Readers[],
  metric: Metric,
  rows: number,
): Extension<MaskGradients> {
  const feeds = groups.map(({ feed }) => feed);
  const byFeed = derivatives(metric, feeds, "view");
  return {
    ...byFeed,
    read: (outputs) => {
      const found = byFeed.read(outputs);
      const last = groups.at(-1)!;
      const edges = last.firstEdge + last.readers * last.reads;
      const gradients = new Float64Array(rows * edges);
      for (const { feed, readers, reads, firstEdge } of groups) {
        const data = found.gradients[feed]!.data as Float32Array;
        const size = readers * reads;
        for (let row = 0; row < rows; row++)
          for (let i = 0; i < size; i++)
            gradients[row * edges + firstEdge + i] = data[row * size + i]!;
      }
      return { values: found.values, gradients };
    },
  };
}
