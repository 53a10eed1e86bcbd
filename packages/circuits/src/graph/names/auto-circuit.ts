/** @file The names of AutoCircuit: `Resid Start`, `A0.1`, `A0.1.Q`, `MLP 0`, `Resid End`, `A0.1->A2.3.Q`. */

import { quoted } from "@diopter/graph";
import { checkOptions } from "@diopter/tensor";
import * as v from "valibot";
import { fields, index, list, listed, maybe, readAs, text } from "../../schema/schema";
import { Circuit, type CircuitElement, type CircuitMeta, metaKeys } from "../circuit";
import type { GraphShape } from "../shape";

/** An edge as AutoCircuit has it; `seqIdx` where the graph has an edge for every token. */
export interface AutoCircuitEdge {
  readonly name: string;
  readonly seqIdx?: number;
}

/** A node or an edge in AutoCircuit's words. Throws `RangeError` for what it has no name for. */
export function toAutoCircuitName(name: string): string {
  return name.split("->").map(nodeToAutoCircuit).join("->");
}

/** A node or an edge of AutoCircuit in ours. Throws `RangeError` for names of another form. */
export function fromAutoCircuitName(name: string): string {
  return name.split("->").map(nodeFromAutoCircuit).join("->");
}

/** The edges of a circuit, one for each position. Throws `RangeError` for node circuits and unresolved positions. */
export function toAutoCircuit(circuit: Circuit): AutoCircuitEdge[] {
  if (circuit.component !== "edge")
    throw new RangeError("AutoCircuit: edges are exported, not nodes; use toEdges first");
  return circuit.elements.flatMap(({ name, at }) => {
    const edge = toAutoCircuitName(name);
    return at === undefined
      ? [{ name: edge }]
      : at.map((position) => ({ name: edge, seqIdx: indexOnly(name, position) }));
  });
}

/**
 * The circuit of AutoCircuit's edges (or their names).
 *
 * @example fromAutoCircuit(shape, ["Resid Start->A3.0.V", "A3.0->Resid End"], { name: "reverse", version: "1" })
 */
export function fromAutoCircuit(
  shape: GraphShape,
  edges: Iterable<string | AutoCircuitEdge>,
  meta: CircuitMeta,
): Circuit {
  checkOptions("fromAutoCircuit", meta, metaKeys);
  const elements: CircuitElement[] = [];
  for (const edge of readAs(edgesSchema, listed(edges), "AutoCircuit: edges")) {
    const { name, seqIdx } = typeof edge === "string" ? { name: edge, seqIdx: undefined } : edge;
    const own = fromAutoCircuitName(name);
    elements.push(seqIdx === undefined ? { name: own } : { name: own, at: [seqIdx] });
  }
  return Circuit.ofEdges(shape, elements, meta);
}

const edgesSchema = list(
  v.lazy((edge) =>
    typeof edge === "string" ? text : fields({ name: text, seqIdx: maybe(index) }),
  ),
);

function nodeToAutoCircuit(node: string): string {
  if (node === "input") return "Resid Start";
  if (node === "logits") return "Resid End";
  const mlp = /^m(\d+)$/.exec(node);
  if (mlp !== null) return `MLP ${mlp[1]}`;
  const head = /^a(\d+)\.h(\d+)(?:<([qkv])>)?$/.exec(node);
  if (head === null) throw new RangeError(`AutoCircuit: no name for ${quoted(node)}`);
  const [, layer, index, input] = head;
  return `A${layer}.${index}${input === undefined ? "" : `.${input.toUpperCase()}`}`;
}

function nodeFromAutoCircuit(node: string): string {
  if (node === "Resid Start") return "input";
  if (node === "Resid End") return "logits";
  const mlp = /^MLP (\d+)$/.exec(node);
  if (mlp !== null) return `m${mlp[1]}`;
  const head = /^A(\d+)\.(\d+)(?:\.([QKV]))?$/.exec(node);
  if (head === null) {
    throw new RangeError(
      `AutoCircuit: ${quoted(node)} is not a node; expected "Resid Start", "A0.1", "A0.1.Q", "MLP 0" or "Resid End"`,
    );
  }
  const [, layer, index, input] = head;
  return `a${layer}.h${index}${input === undefined ? "" : `<${input.toLowerCase()}>`}`;
}

function indexOnly(name: string, position: number | string): number {
  if (typeof position === "number") return position;
  throw new RangeError(
    `AutoCircuit: positions are token indices, but ${name} is at ${quoted(position)}; use resolve first`,
  );
}
