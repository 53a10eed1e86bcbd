/** @file The edges of ACDC: (receiver hook, index, sender hook, index), an index being a list with null for "all". */

import { quoted } from "@diopter/graph";
import { checkOptions } from "@diopter/tensor";
import * as v from "valibot";
import { index, list, listed, readAs, text } from "../../schema/schema";
import { Circuit, type CircuitElement, type CircuitMeta, metaKeys } from "../circuit";
import type { GraphShape } from "../shape";

/** `[null]` for a stream, `[null, null, head]` for a head; a token index in second place for one position. */
export type AcdcIndex = readonly (number | null)[];

export type AcdcEdge = readonly [
  receiver: string,
  receiverIndex: AcdcIndex,
  sender: string,
  senderIndex: AcdcIndex,
];

/**
 * The edges of a circuit as ACDC writes them.
 *
 * `internal` adds the three edges within each head (`hook_q_input` to `hook_q`, and so on) that ACDC counts too: for
 * every head at an end of an edge. Throws `RangeError` for node circuits, joint inputs, grouped-query attention and
 * unresolved positions.
 *
 * @example toAcdc(ioiCircuit("acdc"), { internal: true }).length // 1,041
 */
export function toAcdc(
  circuit: Circuit,
  options: { readonly internal?: boolean } = {},
): AcdcEdge[] {
  checkOptions("toAcdc", options, { internal: "optional" });
  const { internal = false } = options;
  if (circuit.component !== "edge")
    throw new RangeError("ACDC: edges are exported, not nodes; use toEdges first");
  const { inputs, nHeads, nKeyValueHeads, nLayers } = circuit.shape;
  if (inputs === "joint" || nKeyValueHeads !== nHeads)
    throw new RangeError("ACDC: every head reads queries, keys and values of its own");
  const edges: AcdcEdge[] = [];
  const heads = new Set<string>();
  for (const { name, at } of circuit.elements) {
    const [source, destination] = name.split("->") as [string, string];
    for (const position of at ?? [undefined]) {
      if (typeof position === "string")
        throw new RangeError(
          `ACDC: positions are token indices, but ${name} is at ${quoted(position)}; use resolve first`,
        );
      edges.push([...receiver(destination, nLayers, position), ...sender(source, position)]);
    }
    for (const end of [source, destination]) {
      const head = /^a\d+\.h\d+/.exec(end)?.[0];
      if (head !== undefined) heads.add(head);
    }
  }
  return internal ? [...edges, ...[...heads].flatMap(withinHead)] : edges;
}

/**
 * The circuit of ACDC's edges, and how many of them were within a head or an MLP and so are no edges of the circuit.
 *
 * Throws `RangeError` for hooks that are no ends of edges, and for ends at different positions.
 */
export function fromAcdc(
  shape: GraphShape,
  edges: Iterable<AcdcEdge>,
  meta: CircuitMeta,
): { readonly circuit: Circuit; readonly internal: number } {
  checkOptions("fromAcdc", meta, metaKeys);
  const elements: CircuitElement[] = [];
  let internal = 0;
  const read = readAs(edgesSchema, listed(edges), "ACDC: edges");
  for (const [receiver, receiverIndex, sender, senderIndex] of read) {
    if (isInternal(receiver)) {
      internal++;
      continue;
    }
    const name = `${sourceOf(sender, senderIndex)}->${destinationOf(receiver, receiverIndex, shape)}`;
    const position = receiverIndex[1] ?? undefined;
    if (position !== (senderIndex[1] ?? undefined))
      throw new RangeError(
        `ACDC: ${name} has ends at different positions: ${show(receiverIndex)} and ${show(senderIndex)}`,
      );
    elements.push(position === undefined ? { name } : { name, at: [position] });
  }
  return { circuit: Circuit.ofEdges(shape, elements, meta), internal };
}

const indexSchema = list(v.nullable(index));

const edgesSchema = list(
  v.strictTuple([text, indexSchema, text, indexSchema], "[hook, index, hook, index]"),
);

function receiver(node: string, layers: number, position?: number): [string, AcdcIndex] {
  if (node === "logits") return [`blocks.${layers - 1}.hook_resid_post`, streamIndex(position)];
  const head = /^a(\d+)\.h(\d+)<([qkv])>$/.exec(node);
  if (head === null) return [`blocks.${node.slice(1)}.hook_mlp_in`, streamIndex(position)];
  const [, layer, index, input] = head;
  return [`blocks.${layer}.hook_${input}_input`, headIndex(Number(index), position)];
}

function sender(node: string, position?: number): [string, AcdcIndex] {
  if (node === "input") return ["blocks.0.hook_resid_pre", streamIndex(position)];
  if (node === "tok_embed") return ["hook_embed", streamIndex(position)];
  if (node === "pos_embed") return ["hook_pos_embed", streamIndex(position)];
  const head = /^a(\d+)\.h(\d+)$/.exec(node);
  if (head === null) return [`blocks.${node.slice(1)}.hook_mlp_out`, streamIndex(position)];
  return [`blocks.${head[1]}.attn.hook_result`, headIndex(Number(head[2]), position)];
}

function withinHead(head: string): AcdcEdge[] {
  const [layer, index] = head.slice(1).split(".h").map(Number) as [number, number];
  const at = headIndex(index);
  return ["q", "k", "v"].map((input) => [
    `blocks.${layer}.attn.hook_${input}`,
    at,
    `blocks.${layer}.hook_${input}_input`,
    at,
  ]);
}

function destinationOf(hook: string, index: AcdcIndex, { nLayers }: GraphShape): string {
  if (hook === `blocks.${nLayers - 1}.hook_resid_post`) return "logits";
  const mlp = /^blocks\.(\d+)\.hook_mlp_in$/.exec(hook);
  if (mlp !== null) return `m${mlp[1]}`;
  const head = /^blocks\.(\d+)\.hook_([qkv])_input$/.exec(hook);
  if (head !== null) return `a${head[1]}.h${headOf(hook, index)}<${head[2]}>`;
  throw new RangeError(`ACDC: ${quoted(hook)} is not the receiver of an edge of ${nLayers} layers`);
}

function sourceOf(hook: string, index: AcdcIndex): string {
  if (hook === "blocks.0.hook_resid_pre") return "input";
  if (hook === "hook_embed") return "tok_embed";
  if (hook === "hook_pos_embed") return "pos_embed";
  const mlp = /^blocks\.(\d+)\.hook_mlp_out$/.exec(hook);
  if (mlp !== null) return `m${mlp[1]}`;
  const head = /^blocks\.(\d+)\.attn\.hook_result$/.exec(hook);
  if (head !== null) return `a${head[1]}.h${headOf(hook, index)}`;
  throw new RangeError(`ACDC: ${quoted(hook)} is not the sender of an edge`);
}

function headOf(hook: string, index: AcdcIndex): number {
  const head = index[2];
  if (typeof head === "number") return head;
  throw new RangeError(`ACDC: ${hook} needs a head, [null, null, head]; got ${show(index)}`);
}

function isInternal(receiver: string): boolean {
  return /\.attn\.hook_(q|k|v|result)$|\.hook_mlp_out$/.test(receiver);
}

function streamIndex(position?: number): AcdcIndex {
  return position === undefined ? [null] : [null, position];
}

function headIndex(head: number, position?: number): AcdcIndex {
  return [null, position ?? null, head];
}

function show(index: AcdcIndex): string {
  return quoted(index);
}
