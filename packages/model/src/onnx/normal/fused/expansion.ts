/** @file What an expansion of a fused op is: nodes in its place, or nothing while its inputs are not known well enough. */

import type { Node, Rewriter } from "@diopter/graph";

/** The nodes in place of `node`; undefined where ranks have to be inferred first, or the op stays. */
export type Expansion = (rewriter: Rewriter, node: Node) => Node[] | undefined;

/** The name of an optional input, if it is there. */
export function given(node: Node, at: number): string | undefined {
  return node.inputs[at] || undefined;
}

/** The name of an optional output, if something may read it. */
export function wanted(rewriter: Rewriter, node: Node, at: number): string | undefined {
  const name = node.outputs[at];
  if (!name) return undefined;
  return rewriter.isOutput(name) || rewriter.readers(name).length > 0 ? name : undefined;
}
