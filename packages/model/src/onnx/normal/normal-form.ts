/**
 * @file Takes apart what a graph hides from its reader: branches, fused ops, quantized weights, short floats, the cache.
 *
 * What holds afterwards, where the file's numbers allow it:
 *
 * - all floats are float32, the operator set is 23, every node is of the standard domain, except the marker below;
 * - constants are initializers; axes and sizes are inputs of their ops;
 * - inputs of the past have length 0, and nothing of the present is an output;
 * - no `If` whose condition is known, no fused norm, product, rotation or attention, no quantized weight;
 * - dynamic int8 products are `MatMul(FakeQuantizeLinear(x), W)` with the op of domain "diopter" (see `fakeQuantize`).
 *
 * Nothing is simplified, moved or put into an order: the reader follows every spelling (see `read/`). A value keeps its
 * name, and so do its numbers; new values have names that the file does not have. Ops that no pass knows stay, and
 * `notes` names them.
 */

import { type Graph, rewrite } from "@diopter/graph";
import { labelOf } from "../refusal";
import { constantsToInitializers } from "./constants";
import { dropPast } from "./drop-past";
import { expandFused } from "./expand-fused";
import { inferKnown } from "./infer";
import { inlineIfs } from "./inline-ifs";
import { toNewestForm } from "./newest-form";
import { dequantizeLinear } from "./quantized/dequantize-linear";
import { dynamicInt8 } from "./quantized/dynamic-int8";
import { matMulNBits } from "./quantized/matmul-nbits";
import { widenToFloat32 } from "./widen";

/** Operator set of the normal form, the first with RMSNormalization. */
const OPSET = 23;

export interface NormalForm {
  readonly graph: Graph;
  /** What could not be taken apart, and why. */
  readonly notes: readonly string[];
  /** For each value the node of the file in whose place it is made, as messages name it. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * The normal form of a graph: float32, no cache, no fused or quantized ops.
 *
 * External initializers stay as they are.
 *
 * @example
 * const { graph, notes } = normalForm(decode(await readFile("model.onnx")));
 */
export function normalForm(source: Graph): NormalForm {
  const notes = new Set<string>();
  const origins = new Map<string, string>();
  // The nodes that a file has, in one row.
  const flat = rewrite(source, (rewriter) => {
    dropPast(rewriter);
    constantsToInitializers(rewriter);
    inlineIfs(rewriter, notes);
    constantsToInitializers(rewriter);
  });
  const graph = rewrite(flat, (rewriter) => {
    widenToFloat32(rewriter);
    dequantizeLinear(rewriter);
    matMulNBits(rewriter);
    dynamicInt8(rewriter);
    rewriter.prune();
    inferKnown(rewriter, notes);
    for (const note of toNewestForm(rewriter)) notes.add(note);
    rewriter.opsets[""] = OPSET;
    expandFused(rewriter, notes);
    rewriter.prune();
    if (rewriter.nodes().some(({ domain }) => domain === "diopter")) rewriter.opsets.diopter = 1;
    for (const { outputs } of rewriter.nodes()) {
      for (const name of outputs) {
        const origin = rewriter.origin(name);
        if (origin) origins.set(name, labelOf(origin));
      }
    }
  });
  return { graph, notes: [...notes, ...foreignOps(graph)], origins };
}

/** Standard ops that a pass would have replaced, had it understood them. */
const KNOWN_FORMS: ReadonlySet<string> = new Set(
  "If Loop Scan Attention RotaryEmbedding SimplifiedLayerNormalization DequantizeLinear QuantizeLinear DynamicQuantizeLinear MatMulInteger QLinearMatMul".split(
    " ",
  ),
);

function foreignOps({ nodes }: Graph): string[] {
  const foreign = nodes.filter(({ op, domain }) =>
    domain === "" ? KNOWN_FORMS.has(op) : domain !== "diopter",
  );
  const names = new Set(foreign.map(({ op, domain }) => (domain ? `${domain}::${op}` : op)));
  return [...names].map((name) => `${name} stays as it is`);
}
