/** @file What of a model decides the nodes and edges of its graph. */

import type { ModelConfig } from "@diopter/model";
import { checkOptions } from "@diopter/tensor";
import * as v from "valibot";
import { fields, flag, oneOf, readAs, size } from "../schema/schema";

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

/** A shape in a file. */
export const shapeSchema = v.pipe(
  fields({
    nLayers: size,
    nHeads: size,
    nKeyValueHeads: size,
    attnOnly: flag,
    parallel: flag,
    inputs: oneOf("split", "joint"),
    embedding: oneOf("split", "joint"),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const problem = problemOf(dataset.value);
    if (problem) {
      const { field, expected } = problem;
      const input = dataset.value[field];
      const path = { type: "object", origin: "value", input: dataset.value, key: field } as const;
      addIssue({ message: expected, input, path: [{ ...path, value: input }] });
    }
  }),
);

/** Most edges of a graph: several times those of the largest models that there are, all below what an index can be. */
const mostEdges = 2 ** 31;

/** What keeps a shape from being one, before anything is made that grows with what it claims. */
function problemOf({
  nLayers,
  nHeads,
  nKeyValueHeads,
  inputs,
}: GraphShape): { readonly field: keyof GraphShape; readonly expected: string } | undefined {
  if (nHeads % nKeyValueHeads !== 0)
    return { field: "nKeyValueHeads", expected: `a divisor of ${nHeads}` };
  if (inputs === "joint" && nKeyValueHeads !== nHeads)
    return { field: "inputs", expected: '"split" where heads share keys and values' };
  // Sources times destinations, about.
  const edges = (nLayers * (nHeads + 1) + 2) * (nLayers * (3 * nHeads + 1) + 1);
  if (edges > mostEdges)
    return {
      field: "nLayers",
      expected: `layers of ${nHeads} heads with at most ${mostEdges} edges between them`,
    };
  return undefined;
}

/** The shape itself. Throws `TypeError` or `RangeError` where it is none, or larger than any graph. */
export function checkedShape(shape: GraphShape): GraphShape {
  readAs(shapeSchema, shape, "circuit: shape");
  return shape;
}

/**
 * The shape of a model's graph, q, k and v inputs split unless told otherwise.
 *
 * Throws `RangeError` for models whose outputs do not simply add up (post-norm, normed outputs), for joint
 * inputs of grouped-query attention, and for split embeddings where there is no position embedding.
 */
export function shapeOf(
  config: ModelConfig,
  options: Partial<Pick<GraphShape, "inputs" | "embedding">> = {},
): GraphShape {
  checkOptions("shapeOf", options, { embedding: "optional", inputs: "optional" });
  const { inputs = "split", embedding = "joint" } = options;
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
