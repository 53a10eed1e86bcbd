/** @file Where paths begin and end: what a sender writes into, and what a receiver makes of what it reads. */

import { blockOutput, type ModelConfig } from "@diopter/model";
import { EdgeGraph } from "../graph/edge-graph";
import { shapeOf } from "../graph/shape";

/** A source of the edge graph, and the hook at which its output is replaced. */
export interface Sender {
  readonly name: string;
  /** Layer from which a run with another output differs. */
  readonly layer: number;
  readonly hook: string;
  /** Index on the head axis; undefined where the hook has none. */
  readonly head: number | undefined;
}

/** A destination of the edge graph, and the first hook that is its own: equal inputs give equal values there. */
export interface Receiver {
  readonly name: string;
  readonly hook: string;
  readonly head: number | undefined;
}

/** Receivers that are patched together. */
export interface ReceiverSet {
  readonly label: string;
  readonly members: readonly Receiver[];
}

export interface PathEnds {
  readonly senders: readonly Sender[];
  readonly receivers: readonly ReceiverSet[];
  /** Members of a set that read after the sender writes, [sender][set]. */
  readonly reached: readonly (readonly (readonly Receiver[])[])[];
}

/**
 * Senders and receivers by their names in the edge graph.
 *
 * @throws RangeError for unknown names, for senders that write after all receivers read, and for `logits` in company.
 */
export function pathEnds(
  config: ModelConfig,
  {
    senders,
    receivers,
  }: {
    readonly senders?: readonly string[] | undefined;
    readonly receivers: readonly (string | readonly string[])[];
  },
): PathEnds {
  const graph = new EdgeGraph(shapeOf(config));
  const sets = receivers.map((set) => receiverSet(graph, config, set));
  const reachedBy = (sender: string) =>
    sets.map(({ members }) =>
      members.filter(
        ({ name }) =>
          graph.edgeBetween(graph.source(sender), graph.destination(name)) !== undefined,
      ),
    );
  const reaches = (sender: string) => reachedBy(sender).some((members) => members.length > 0);
  const heads = graph.sources.filter(({ kind }) => kind === "head").map(({ name }) => name);
  const names = senders ?? heads.filter(reaches);
  const late = names.find((name) => !reaches(name));
  if (late !== undefined) {
    throw new RangeError(
      `patchPaths: ${late} writes after ${sets.map(({ label }) => label).join(", ")} read`,
    );
  }
  return {
    senders: names.map((name) => senderOf(graph, name)),
    receivers: sets,
    reached: names.map(reachedBy),
  };
}

function senderOf(graph: EdgeGraph, name: string): Sender {
  const { kind, layer, index } = graph.sources[graph.source(name)]!;
  if (kind === "head") return { name, layer, hook: `blocks.${layer}.attn.hook_z`, head: index };
  if (kind === "mlp") return { name, layer, hook: `blocks.${layer}.hook_mlp_out`, head: undefined };
  return { name, layer: 0, hook: "blocks.0.hook_resid_pre", head: undefined };
}

function receiverSet(
  graph: EdgeGraph,
  config: ModelConfig,
  names: string | readonly string[],
): ReceiverSet {
  const list = typeof names === "string" ? [names] : names;
  if (list.length === 0) throw new RangeError("patchPaths: a set of receivers is empty");
  if (list.length > 1 && list.includes("logits")) {
    throw new RangeError(
      "patchPaths: logits cannot be patched together with receivers that act through them; give them as a receiver of their own",
    );
  }
  return {
    label: list.join(" + "),
    members: list.map((name) => receiverOf(graph, config, name)),
  };
}

function receiverOf(graph: EdgeGraph, config: ModelConfig, name: string): Receiver {
  const { kind, layer, index } = graph.destinations[graph.destination(name)]!;
  if (kind === "logits")
    return { name, hook: blockOutput(config, config.nLayers - 1), head: undefined };
  if (kind === "mlp") return { name, hook: `blocks.${layer}.mlp.hook_post`, head: undefined };
  return { name, hook: `blocks.${layer}.attn.hook_${kind}`, head: index };
}
