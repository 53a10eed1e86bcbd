/**
 * @file Who writes into the residual stream, group by group, in the one order that everything keeps.
 *
 * Embeddings, then layer by layer the heads and the MLP. Indices of sources, columns of masks and stacks, feeds and
 * scores all follow it, so whatever goes through sources loops over `sourceGroups`.
 */

import type { GraphShape } from "./shape";

/** Sources that are read and fed under one hook: an embedding, the heads of a layer, an MLP. */
export interface SourceGroup {
  readonly kind: "input" | "token" | "position" | "heads" | "mlp";
  /** Layer that writes; -1 for embeddings. */
  readonly layer: number;
  /** Heads are kept before the output matrix, where they are `dModel / dHead` times smaller, since what they write is linear in it. */
  readonly hook: string;
  /** Index of its first source. */
  readonly first: number;
  /** Number of its sources. */
  readonly count: number;
  /** What reads at a later stage reads it; -1 for embeddings. */
  readonly stage: number;
}

/** The groups in their order. */
export function sourceGroups(shape: GraphShape): SourceGroup[] {
  const { nLayers, nHeads, attnOnly, embedding } = shape;
  const groups: SourceGroup[] = [];
  let first = 0;
  const add = (kind: SourceGroup["kind"], layer: number, count: number, stage: number) => {
    groups.push({ kind, layer, hook: sourceHook(kind, layer), first, count, stage });
    first += count;
  };
  if (embedding === "joint") add("input", -1, 1, -1);
  else for (const kind of ["token", "position"] as const) add(kind, -1, 1, -1);
  for (let layer = 0; layer < nLayers; layer++) {
    add("heads", layer, nHeads, stageOf("heads", layer, shape));
    if (!attnOnly) add("mlp", layer, 1, stageOf("mlp", layer, shape));
  }
  return groups;
}

/** The hook under which a group is read and fed. */
export function sourceHook(kind: SourceGroup["kind"], layer: number): string {
  switch (kind) {
    case "input":
      return "blocks.0.hook_resid_pre";
    case "token":
      return "hook_embed";
    case "position":
      return "hook_pos_embed";
    case "heads":
      return `blocks.${layer}.attn.hook_z`;
    case "mlp":
      return `blocks.${layer}.hook_mlp_out`;
  }
}

/** The hooks of all groups. */
export function sourceHooks(shape: GraphShape): string[] {
  return hooksOf(sourceGroups(shape));
}

/** Those of the embeddings, with which a run can be started. */
export function embeddingHooks(shape: GraphShape): string[] {
  return hooksOf(groupsBefore(0, shape));
}

/** The hooks of groups. */
export function hooksOf(groups: readonly SourceGroup[]): string[] {
  return groups.map(({ hook }) => hook);
}

/** When a layer's heads read and write; its MLP is one stage later unless both read the same stream. */
export function stageOf(
  kind: "heads" | "mlp" | "logits",
  layer: number,
  { parallel }: GraphShape,
): number {
  return kind === "mlp" && !parallel ? 2 * layer + 1 : 2 * layer;
}

/** What is written before a stage: fed from the base run, it is not computed again. */
export function groupsBefore(stage: number, shape: GraphShape): SourceGroup[] {
  return sourceGroups(shape).filter((group) => group.stage < stage);
}
