/** @file Shapes of a graph that other people made: it may contradict itself, and then nothing is known of it. */

import type { Node, Rewriter } from "@diopter/graph";

/** Infers shapes anew, markers as what passes shapes on; `notes` gains the reason where the graph contradicts itself. */
export function inferKnown(
  rewriter: Rewriter,
  notes: Set<string>,
  as: (node: Node) => Node = (node) => node,
): void {
  try {
    rewriter.infer((node) =>
      node.domain === "diopter" ? { ...node, op: "Identity", domain: "" } : as(node),
    );
  } catch (error) {
    // Whoever runs the file hears of it; here it costs what only shapes tell.
    if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
    notes.add(`shapes are unknown: ${error.message}`);
  }
}
