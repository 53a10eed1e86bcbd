/** @file Shapes that the tests of the graph folder build on. */

import type { GraphShape } from "../../src/graph/shape";

export function shape(nLayers: number, nHeads: number, more: Partial<GraphShape> = {}): GraphShape {
  return {
    nLayers,
    nHeads,
    nKeyValueHeads: nHeads,
    attnOnly: false,
    parallel: false,
    inputs: "split",
    embedding: "joint",
    ...more,
  };
}
