/** @file One cell of an ablation grid, made ready to run: its mask, its values and its engine. */

import type { Metric, Model } from "@diopter/model";
import type { Ablation } from "../ablation/ablation";
import type { Activations } from "../ablation/activations";
import { NotApplicableError } from "../ablation/not-applicable";
import { type EdgeMask, edgesOfSources, replacedMask } from "../ablation/replaced-mask";
import { corruptionOf, corruptRow } from "../ablation/token-rows";
import type { Circuit } from "../graph/circuit";
import type { Task, TaskPrompt } from "../task/task";
import { readFrozen } from "./frozen";
import type { Replacements } from "./replacements/replacement";
import {
  type BatchRun,
  compiledRun,
  constantsOf,
  type Difference,
  denseRun,
  executed,
  nodeRun,
  planOf,
} from "./run-batch";

export type EngineName = "dense" | "compiled" | "nodes";

/** What is run for every batch of prompts. */
export interface Cell {
  readonly ablation: Ablation;
  /** The circuit as the ablation sees it: edges or nodes, joint or split. */
  readonly circuit: Circuit;
  readonly replacements: Replacements;
  readonly engine: "auto" | EngineName;
}

/** The circuit in the terms of an ablation; not applicable where it cannot be put so. */
export function circuitFor(circuit: Circuit, ablation: Ablation): Circuit {
  const { granularity, component, embedding, tokens } = ablation;
  if (circuit.shape.embedding !== embedding) {
    throw new NotApplicableError(
      `circuit "${circuit.name}" has ${circuit.shape.embedding} embeddings, the ablation ${embedding} ones`,
    );
  }
  if (granularity === "split" && circuit.shape.inputs === "joint" && component === "edge") {
    throw new NotApplicableError(
      `circuit "${circuit.name}" does not say which of q, k and v its edges enter`,
    );
  }
  if (tokens === "specific" && !circuit.hasPositions) {
    throw new NotApplicableError(`circuit "${circuit.name}" names no positions`);
  }
  const shared = circuit.shape.nKeyValueHeads !== circuit.shape.nHeads;
  if (granularity === "joint" && component === "edge" && shared) {
    throw new NotApplicableError("heads that share keys and values have no joint input");
  }
  const placed = tokens === "specific" ? circuit : circuit.toAllTokens();
  const grained =
    granularity === "joint" && placed.shape.inputs === "split" && component === "edge"
      ? placed.toJoint()
      : placed;
  return component === "node" ? grained.toNodes() : grained.toEdges();
}

/** Logits and metrics of one batch under a cell, and the engine that gave them. */
export async function runCell<Name extends string>(
  cell: Cell,
  model: Model,
  task: Task,
  prompts: readonly TaskPrompt[],
  values: Activations,
  { metrics, signal }: { metrics: Readonly<Record<Name, Metric>>; signal: AbortSignal | undefined },
) {
  const { ablation, circuit } = cell;
  const { graph } = circuit;
  const rows = baseRows(ablation, task, prompts);
  const run: BatchRun = { model, graph, prompts, rows, replacements: values, signal };
  const mask = replacedMask(circuit, ablation, prompts);
  const engine = engineFor(cell, mask);
  const difference = await differenceOf(cell, run, engine, mask);
  return { engine, ...(await executed(run, difference, metrics)) };
}

async function differenceOf(
  { ablation, replacements }: Cell,
  run: BatchRun,
  engine: EngineName,
  mask: EdgeMask,
): Promise<Difference> {
  const { model, graph, rows } = run;
  if (engine === "nodes") return nodeRun(run, mask);
  const edges = ablation.component === "node" ? edgesOfSources(mask, graph) : mask;
  if (engine === "compiled") {
    const { isRun } = replacements;
    return compiledRun({ ...run, isRun, constants: () => constantsOf(run) }, edges);
  }
  const frozen = await readFrozen(model, graph.shape, rows, {
    sources: ablation.recomputation === "frozen",
    norms: ablation.freeze.norm,
    patterns: ablation.freeze.pattern,
  });
  return denseRun(run, edges, frozen);
}

/** Token ids of the run that is broken or repaired. */
export function baseRows(
  { direction, value }: Ablation,
  task: Task,
  prompts: readonly TaskPrompt[],
): (readonly number[])[] {
  if (direction === "ablate-clean") return prompts.map(({ clean }) => clean);
  const named = value.kind === "resample" || value.kind === "mean" ? value.corruption : undefined;
  const corruption = corruptionOf(task, named);
  return prompts.map((prompt) => corruptRow(prompt, corruption));
}

function engineFor({ ablation, circuit, engine, replacements }: Cell, mask: EdgeMask): EngineName {
  const { component, recomputation, freeze } = ablation;
  const frozen = recomputation === "frozen" || freeze.norm || freeze.pattern;
  if (engine !== "auto") {
    if (frozen && engine !== "dense")
      throw new RangeError(`evaluate: what is frozen needs the dense engine, not "${engine}"`);
    if (engine === "nodes" && component !== "node")
      throw new RangeError('evaluate: the engine "nodes" cannot replace single edges');
    return engine;
  }
  if (frozen) return "dense";
  if (component === "node") return "nodes";
  const { graph } = circuit;
  const { alive } = planOf(graph, mask, replacements.isRun);
  // A compiled graph of nearly everything is the dense one with a session of its own.
  return alive.length > 0.6 * graph.sources.length ? "dense" : "compiled";
}
