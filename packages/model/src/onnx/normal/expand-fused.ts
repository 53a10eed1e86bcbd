/** @file Takes fused ops apart, each by the expansion of its file. */

import type { Node, Rewriter } from "@diopter/graph";
import { embedLayerNorm } from "./fused/embeddings";
import type { Expansion } from "./fused/expansion";
import { exactGelu, fastGelu, quickGelu } from "./fused/gelus";
import { groupQueryAttention } from "./fused/group-query-attention";
import { microsoftAttention } from "./fused/microsoft-attention";
import { multiHeadAttention } from "./fused/multi-head-attention";
import { simplifiedLayerNorm, skipLayerNorm, skipSimplifiedLayerNorm } from "./fused/norms";
import { fusedGemm, fusedMatMul, gemmFastGelu } from "./fused/products";
import { microsoftRotary, standardRotary } from "./fused/rotary";
import { standardAttention } from "./fused/standard-attention";
import { inferKnown } from "./infer";

const MICROSOFT: Readonly<Record<string, Expansion>> = {
  Attention: microsoftAttention,
  BiasGelu: exactGelu,
  EmbedLayerNormalization: embedLayerNorm,
  FastGelu: fastGelu,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  Gelu: exactGelu,
  GemmFastGelu: gemmFastGelu,
  GroupQueryAttention: groupQueryAttention,
  MultiHeadAttention: multiHeadAttention,
  QuickGelu: quickGelu,
  RotaryEmbedding: microsoftRotary,
  SimplifiedLayerNormalization: simplifiedLayerNorm,
  SkipLayerNormalization: skipLayerNorm,
  SkipSimplifiedLayerNormalization: skipSimplifiedLayerNorm,
};

const STANDARD: Readonly<Record<string, Expansion>> = {
  Attention: standardAttention,
  RotaryEmbedding: standardRotary,
  SimplifiedLayerNormalization: simplifiedLayerNorm,
};

/** Ops whose first output has the shape of their first input, for inference in front of their expansion. */
const SAME = /^(RotaryEmbedding|Attention|MultiHeadAttention|GroupQueryAttention)$/;

/** Rounds in which ranks can become known; each takes apart at least one op. */
const ROUNDS = 64;

export function expandFused(rewriter: Rewriter, notes: Set<string>): void {
  for (let round = 0; round < ROUNDS; round++) {
    inferKnown(rewriter, notes, asIdentity);
    let expanded = 0;
    for (const node of rewriter.nodes()) {
      const nodes = expansionOf(node)?.(rewriter, node);
      if (nodes === undefined) continue;
      rewriter.replace(node, nodes);
      expanded++;
    }
    if (expanded === 0) return;
  }
}

function expansionOf(node: Node): Expansion | undefined {
  const table = node.domain === "" ? STANDARD : node.domain === "com.microsoft" ? MICROSOFT : {};
  return Object.hasOwn(table, node.op) ? table[node.op] : undefined;
}

function asIdentity(node: Node): Node {
  const [first] = node.outputs;
  const packed = /GroupQuery|MultiHead/.test(node.op) && !node.inputs[1];
  if (!SAME.test(node.op) || packed || !first) return node;
  return {
    ...node,
    op: "Identity",
    domain: "",
    inputs: [node.inputs[0]!],
    outputs: [first],
    attrs: {},
  };
}
