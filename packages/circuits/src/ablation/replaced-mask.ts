/** @file Which edges of which prompts are replaced: a circuit under an ablation, as a mask. */

import { quoted } from "@diopter/graph";
import type { Circuit } from "../graph/circuit";
import { type CircuitPosition, positionIndices } from "../graph/positions";
import type { TaskPrompt } from "../task/task";
import type { Ablation } from "./ablation";
import { NotApplicableError } from "./not-applicable";

/** 0 keeps an edge, 1 replaces what it carries, between interpolates; [batch or 1, pos or 1, edge]. */
export interface EdgeMask {
  readonly batch: number;
  readonly pos: number;
  readonly values: Float32Array | Float64Array;
}

/** What a circuit needs of an ablation to be a mask. */
export type MaskChoices = Pick<Ablation, "tokens" | "set" | "prefix" | "component">;

/**
 * 1 where what is read is replaced: per edge, or per source where nodes are ablated; [batch or 1, pos or 1, element].
 *
 * Circuits are projected to the component that is ablated (`toNodes`, `toEdges`) by the caller.
 */
export function replacedMask(
  circuit: Circuit,
  { tokens, set, prefix }: MaskChoices,
  prompts: readonly TaskPrompt[],
): EdgeMask {
  const { graph, component, placement } = circuit;
  const size = component === "edge" ? graph.edgeCount : graph.sources.length;
  const byPosition = tokens !== "all" || prefix > 0;
  if (tokens === "specific" && !circuit.hasPositions) {
    throw new NotApplicableError(`circuit "${circuit.name}" names no positions`);
  }
  const replacedWhenKept = set === "circuit" ? 1 : 0;
  if (!byPosition) {
    const values = new Float32Array(size).fill(1 - replacedWhenKept);
    for (const element of placement.keys()) values[element] = replacedWhenKept;
    return { batch: 1, pos: 1, values };
  }
  const pos = prompts[0]!.clean.length;
  const rows = sameLayout(circuit, tokens, prompts) ? prompts.slice(0, 1) : prompts;
  const values = new Float32Array(rows.length * pos * size);
  rows.forEach((prompt, row) => {
    const covered = coveredPositions(tokens, prompt, pos, prefix);
    const own = values.subarray(row * pos * size, (row + 1) * pos * size);
    for (let p = 0; p < pos; p++)
      if (covered.has(p)) own.fill(1 - replacedWhenKept, p * size, (p + 1) * size);
    for (const [element, at] of placement) {
      const kept = tokens === "specific" && at ? resolved(at, prompt) : covered;
      for (const p of kept) if (covered.has(p)) own[p * size + element] = replacedWhenKept;
    }
  });
  return { batch: rows.length, pos, values };
}

/** The mask of a node ablation as one over edges: everything that a node writes (identity I4). */
export function edgesOfSources(
  { batch, pos, values }: EdgeMask,
  { destinations, edgeCount, sources }: Circuit["graph"],
): EdgeMask {
  const rows = batch * pos;
  const edges = new Float32Array(rows * edgeCount);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * sources.length, (row + 1) * sources.length);
    for (const { firstEdge, reads } of destinations)
      edges.set(own.subarray(0, reads), row * edgeCount + firstEdge);
  }
  return { batch, pos, values: edges };
}

function coveredPositions(
  tokens: Ablation["tokens"],
  prompt: TaskPrompt,
  pos: number,
  prefix: number,
): Set<number> {
  const every = Array.from({ length: pos }, (_, p) => p);
  const covered = typeof tokens === "string" ? every : resolved(tokens, prompt);
  return new Set([...covered].filter((p) => p >= prefix));
}

function resolved(at: readonly CircuitPosition[], prompt: TaskPrompt): number[] {
  const indices = at.flatMap((position) => positionIndices(position, prompt.positions));
  const beyond = indices.find((p) => p < 0 || p >= prompt.clean.length);
  if (beyond === undefined) return indices;
  throw new RangeError(
    `circuit: position ${beyond} is outside the ${prompt.clean.length} tokens of prompt ${quoted(prompt.id)}`,
  );
}

/** Whether all prompts have the named positions at the same indices. */
function sameLayout(
  circuit: Circuit,
  tokens: Ablation["tokens"],
  prompts: readonly TaskPrompt[],
): boolean {
  const names = new Set<string>();
  const note = (positions: Iterable<CircuitPosition>) => {
    for (const position of positions) if (typeof position === "string") names.add(position);
  };
  if (tokens === "specific") for (const at of circuit.placement.values()) note(at ?? []);
  else if (tokens !== "all") note(tokens);
  const layout = (prompt: TaskPrompt) =>
    [...names].map((name) => positionIndices(name, prompt.positions).join()).join(";");
  const first = layout(prompts[0]!);
  return prompts.every((prompt) => layout(prompt) === first);
}
