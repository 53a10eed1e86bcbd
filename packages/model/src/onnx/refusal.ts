/** @file Why a graph is not taken for a transformer, and how its nodes are named in reasons. */

import { type Node, quoted } from "@diopter/graph";

/**
 * Something in a graph that Diopter does not account for; the message says what was found.
 *
 * A refusal is a verdict on the file. Any other error is a fault of Diopter's, and passes through.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A node as reasons name it: its op, and its own name or that of its first output. */
export function labelOf({ op, name, outputs }: Node): string {
  return `${op} ${quoted(name || outputs[0])}`;
}
