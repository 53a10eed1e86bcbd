/** @file The Tracr experiment of Miller et al. 2024 (arXiv 2407.08734, section 5): what a search finds depends on whose truth it is held to. */

import { auroc, type RocPoint, rocCurve, rocPlateau } from "@diopter/statistics";
import { type AblationValue, ablationOf, resample } from "../ablation/ablation";
import { acdc } from "../discover/acdc/acdc";
import { attributeEdges } from "../discover/attribution/attribute-edges";
import { attributeNodes } from "../discover/attribution/attribute-nodes";
import { evaluate } from "../evaluate/evaluate";
import type { Circuit } from "../graph/circuit";
import type { EdgeGraph } from "../graph/edge-graph";
import { acdcNodes } from "./acdc-nodes";
import { metricOf, partCounter, type ReproduceOptions } from "./paper-cell";
import { probedMasks } from "./probed-masks";
import {
  type TracrModels,
  type TracrProgram,
  type TracrProgramName,
  tracrPrograms,
} from "./tracr-programs";

export interface ReproduceTracrOptions extends ReproduceOptions {
  /** Sequences of each program to search with; all of them, 243 and 1,024, unless told. */
  readonly n?: number | undefined;
}

/** ACDC, subnetwork probing (learned masks), and gradient head importance. */
export const tracrMethods = ["acdc", "subnetwork-probing", "hisp"] as const;
export type TracrMethod = (typeof tracrMethods)[number];

/** Edges; nodes; or nodes, counting an edge where both its ends are found, as the first comparison did. */
export type TracrSearch = "edges" | "nodes" | "edges of nodes";

export interface TracrCurve {
  readonly method: TracrMethod;
  /** Equal scores are one step, false positives first. */
  readonly points: readonly RocPoint[];
  readonly auroc: number;
  /** True positive rate that is reached before everything is let in. */
  readonly plateau: number;
  /** Score of every element; the higher, the more it matters. */
  readonly scores: readonly number[];
}

export interface TracrPanel {
  readonly program: TracrProgramName;
  readonly search: TracrSearch;
  /** The ablation whose ground truth it is; the search itself always resamples. */
  readonly truth: "resample" | "zero";
  readonly found: number;
  readonly of: number;
  readonly curves: readonly TracrCurve[];
}

/** How far a truth's output is from the model's on all sequences when everything else is resampled. */
export interface TracrKept {
  readonly program: TracrProgramName;
  readonly truth: "resample" | "zero";
  readonly edges: number;
  readonly sequences: number;
  readonly distance: TracrProgram["distance"];
  /** Largest over all sequences. */
  readonly largest: number;
}

export interface TracrReproduction {
  readonly kind: "diopter/reproduce-tracr";
  readonly schema: 1;
  readonly kept: readonly TracrKept[];
  readonly panels: readonly TracrPanel[];
}

const truths = ["resample", "zero"] as const;
const thresholds = [1e-6, 1e-4, 1e-2, 1e-1, 1] as const;

/**
 * Searches both compiled programs with three methods over edges and over nodes, resampling from other sequences, and
 * holds the result to the ground truth of resampling and to that of zeroing.
 *
 * Position 0, the beginning-of-sequence token, is not looked at. With the truth of resampling the searches over edges
 * are perfect; of the truth of zeroing they find what resampling destroys, 2 of 10 and 3 of 5 edges, and all other
 * edges have the same score: their information is the same in every sequence.
 *
 * @example const { panels } = await reproduceTracr({ reverse, xProportion }); panels[0]?.curves[0]?.auroc;
 */
export async function reproduceTracr(
  models: TracrModels,
  options: ReproduceTracrOptions = {},
): Promise<TracrReproduction> {
  const { signal, seed = 0 } = options;
  const programs = tracrPrograms(models, options);
  const whole = tracrPrograms(models, { seed });
  const count = partCounter(2 * tracrMethods.length * programs.length, options.onProgress);
  const [kept, panels]: [TracrKept[], TracrPanel[]] = [[], []];
  for (const [i, program] of programs.entries()) {
    for (const truth of truths) kept.push(await keptBy(whole[i]!, truth, signal));
    const edges = new Map<TracrMethod, Float64Array>();
    const nodes = new Map<TracrMethod, Float64Array>();
    for (const method of tracrMethods) {
      count();
      edges.set(method, await edgeScores(program, method, seed, signal));
      count();
      nodes.set(method, await nodeScores(program, method, seed, signal));
    }
    panels.push(...panelsOf(program, edges, nodes));
  }
  return { kind: "diopter/reproduce-tracr", schema: 1, kept, panels };
}

const value: AblationValue = resample();

async function keptBy(
  { name, model, task, distance, truths: circuits }: TracrProgram,
  truth: (typeof truths)[number],
  signal?: AbortSignal,
): Promise<TracrKept> {
  const circuit = circuits[truth];
  const ran = await evaluate(model, task, circuit, {
    metrics: [distance],
    ablation: ablationOf({ value }),
    ...(signal && { signal }),
  });
  if (!ran.applicable) throw new RangeError(`reproduce: ${ran.reason}`);
  const largest = Math.max(...metricOf(ran, distance));
  const { size } = circuit;
  return { program: name, truth, edges: size, sequences: task.prompts.length, distance, largest };
}

async function edgeScores(
  program: TracrProgram,
  method: TracrMethod,
  seed: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { model, task, distance, metric } = program;
  if (method === "subnetwork-probing")
    return probedMasks(program, { component: "edge", value, seed, signal });
  if (method === "acdc") {
    const { scores } = await acdc(model, task, {
      thresholds,
      metric: distance,
      value,
      ...(signal && { signal }),
    });
    return scores.values.map(Math.abs);
  }
  const { values } = await attributeEdges(model, task, {
    method: "mask-gradient",
    at: 0,
    metric,
    value,
    aggregate: "mean-absolute",
    ...(signal && { signal }),
  });
  return values.map(Math.abs);
}

async function nodeScores(
  program: TracrProgram,
  method: TracrMethod,
  seed: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { model, task, metric } = program;
  if (method === "subnetwork-probing")
    return probedMasks(program, { component: "node", value, seed, signal });
  if (method === "acdc") return acdcNodes(program, thresholds, value, signal);
  const { values } = await attributeNodes(model, task, {
    metric,
    value,
    aggregate: "mean-absolute",
    ...(signal && { signal }),
  });
  return values.map(Math.abs);
}

type Scores = ReadonlyMap<TracrMethod, Float64Array>;

function panelsOf(
  { name: program, truths: circuits }: TracrProgram,
  edges: Scores,
  nodes: Scores,
): TracrPanel[] {
  const { graph } = circuits.resample;
  const ends = new Map([...nodes].map(([method, scores]) => [method, edgesOfNodes(graph, scores)]));
  return truths.flatMap((truth) => {
    const circuit = circuits[truth];
    const panel = (search: TracrSearch, scores: Scores, of: Circuit): TracrPanel => {
      const wanted = truthOf(of);
      return {
        program,
        search,
        truth,
        found: of.size,
        of: wanted.length,
        curves: [...scores].map(([method, list]) => curveOf(method, list, wanted)),
      };
    };
    return [
      panel("edges", edges, circuit),
      panel("nodes", nodes, circuit.toNodes()),
      panel("edges of nodes", ends, circuit),
    ];
  });
}

function curveOf(method: TracrMethod, scores: Float64Array, truth: readonly boolean[]): TracrCurve {
  const points = rocCurve(scores, truth);
  const area = auroc(scores, truth);
  return { method, points, auroc: area, plateau: rocPlateau(points), scores: Array.from(scores) };
}

function truthOf({ component, graph, placement }: Circuit): boolean[] {
  const count = component === "edge" ? graph.edgeCount : graph.sources.length;
  return Array.from({ length: count }, (_, index) => placement.has(index));
}

/** An edge is as important as the less important of its ends; the logits always are. */
function edgesOfNodes(graph: EdgeGraph, scores: Float64Array): Float64Array {
  return Float64Array.from({ length: graph.edgeCount }, (_, edge) => {
    const { source, destination } = graph.ends(edge);
    const { name } = graph.destinations[destination]!;
    const end = name.replace(/<.*/, "");
    const into = end === "logits" ? Number.POSITIVE_INFINITY : scores[graph.source(end)]!;
    return Math.min(scores[source]!, into);
  });
}
