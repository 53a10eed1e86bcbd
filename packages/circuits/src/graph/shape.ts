/** @file What of a model decides the nodes and edges of its graph. */

import type { ModelConfig } from "@diopter/model";

/** What decides the nodes and edges of a model. */
export interface GraphShape {
  readonly nLayers: number;
  readonly nHeads: number;
  /** Fewer than `nHeads` with grouped-query attention: one destination for the keys (values) of a group. */
  readonly nKeyValueHeads: number;
  readonly attnOnly: boolean;
  /** Attention and MLP of a block read the same stream. */
  readonly parallel: boolean;
  /** Whether a head reads its queries, keys and values separately or as one input. */
  readonly inputs: "split" | "joint";
  /** Whether token and position embeddings are one source or two. */
  readonly embedding: "joint" | "split";
}

/**
 * The shape of a model's graph, q, k and v inputs split unless told otherwise.
 *
 * Throws `RangeError` for models whose outputs do not simply add up (post-norm, normed outputs), for joint
 * inputs of grouped-query attention, and for split embeddings where there is no position embedding.
 */
export function shapeOf(
  config: ModelConfig,
  { inputs = "split", embedding = "joint" }: Partial<Pick<GraphShape, "inputs" | "embedding">> = {},
): GraphShape {
  if (config.normPlacement !== "pre") {
    throw new RangeError(
      `circuit: edges need outputs that add up unnormed, but ${config.family} norms them on their way into the residual stream`,
    );
  }
  if (inputs === "joint" && config.nKeyValueHeads !== config.nHeads) {
    throw new RangeError(
      `circuit: heads that share keys and values have no joint input: ${config.nHeads} heads, ${config.nKeyValueHeads} of keys and values`,
    );
  }
  if (embedding === "split" && config.positionalEmbeddingType !== "standard") {
    throw new RangeError(
      `circuit: ${config.family} has no position embedding to split from the token embedding`,
    );
  }
  return {
    nLayers: config.nLayers,
    nHeads: config.nHeads,
    nKeyValueHeads: config.nKeyValueHeads,
    attnOnly: config.attnOnly,
    parallel: config.parallelAttnMlp,
    inputs,
    embedding,
  };
}
