/** @file Shapes of the models that published circuits are about. */

import type { GraphShape } from "../graph/shape";

const sequential = {
  attnOnly: false,
  parallel: false,
  inputs: "split",
  embedding: "joint",
} as const;

/** GPT-2 small: 32,491 edges. */
export const gpt2Small: GraphShape = {
  ...sequential,
  nLayers: 12,
  nHeads: 12,
  nKeyValueHeads: 12,
};

/** The attention-only model of four layers that was trained on C4 and code: 1,281 edges. */
export const attnOnly4l: GraphShape = {
  ...sequential,
  nLayers: 4,
  nHeads: 8,
  nKeyValueHeads: 8,
  attnOnly: true,
};

/** Pythia-2.8B with joint inputs: 542,257 edges. */
export const pythia2p8bJoint: GraphShape = {
  ...sequential,
  nLayers: 32,
  nHeads: 32,
  nKeyValueHeads: 32,
  parallel: true,
  inputs: "joint",
};

/** The compiled model that reverses a sequence: 77 edges. */
export const tracrReverse: GraphShape = {
  ...sequential,
  nLayers: 4,
  nHeads: 1,
  nKeyValueHeads: 1,
};

/** The compiled model that writes the share of `x` so far: 23 edges. */
export const tracrXProportion: GraphShape = {
  ...sequential,
  nLayers: 2,
  nHeads: 1,
  nKeyValueHeads: 1,
};
