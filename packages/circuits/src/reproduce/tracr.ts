/** @file The Tracr experiment of Miller et al. 2024 (arXiv 2407.08734, section 5): what a search finds depends on whose truth it is held to. */

import { auroc, type RocPoint, rocCurve, rocPlateau } from "@diopter/statistics";
import { checkOptions } from "@diopter/tensor";
import { type AblationValue, ablationOf, resample } from "../ablation/ablation";
import { acdc } from "../discover/acdc/acdc";
import { attributeEdges } from "../discover/attribution/attribute-edges";
import { attributeNodes } from "../discover/attribution/attribute-nodes";
import { learnMasks } from "../discover/masks/learn-masks";
import { evaluate } from "../evaluate/evaluate";
import { Circuit } from "../graph/circuit";
import { EdgeGraph } from "../graph/edge-graph";
import { average, metricOf, partCounter, type ReproduceOptions } from "./paper-cell";
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
  checkOptions("reproduceTracr", options, {
    n: "optional",
    seed: "optional",
    signal: "optional",
    onProgress: "optional",
  });
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

/** Scores [source]: the smallest threshold at which a node goes, `Infinity` for those that stay. */
export async function acdcNodes(
  { model, task, distance, truths }: Pick<TracrProgram, "model" | "task" | "distance" | "truths">,
  thresholds: readonly number[],
  value: AblationValue,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { shape } = truths.resample;
  const names = new EdgeGraph(shape).sources.map(({ name }) => name);
  const scores = new Float64Array(names.length).fill(Number.POSITIVE_INFINITY);
  const loss = async (kept: readonly string[]) => {
    const circuit = Circuit.ofNodes(shape, kept, { name: "kept", version: "1" });
    const ablation = ablationOf({ component: "node", value });
    const ran = await evaluate(model, task, circuit, {
      metrics: [distance],
      ablation,
      ...(signal && { signal }),
    });
    if (!ran.applicable) throw new RangeError(`reproduce: ${ran.reason}`);
    return average(metricOf(ran, distance));
  };
  for (const threshold of [...thresholds].sort((a, b) => b - a)) {
    let kept: readonly string[] = names;
    let now = 0;
    for (const name of [...names].reverse()) {
      const without = kept.filter((each) => each !== name);
      const then = await loss(without);
      if (then - now >= threshold) continue;
      [kept, now] = [without, then];
      scores[names.indexOf(name)] = threshold;
    }
  }
  return scores;
}

export interface ProbingOptions {
  readonly component: "edge" | "node";
  readonly value: AblationValue;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Prices of keeping everything, in the unit of the distance. */
const penalties = [0.01, 0.1, 1] as const;
const steps = 40;
const batchSize = 32;

/**
 * Scores by element: the largest penalty at which its learned mask is kept, 0 where none is.
 *
 * Masks of elements that make no difference follow the penalty alone, so that they are equal.
 */
export async function probedMasks(
  { model, task, distance }: Pick<TracrProgram, "model" | "task" | "distance">,
  { component, value, seed, signal }: ProbingOptions,
): Promise<Float64Array> {
  let scores: Float64Array | undefined;
  for (const penalty of penalties) {
    const learned = await learnMasks(model, task, {
      component,
      value,
      metric: distance === "kl" ? "kl" : "mse",
      size: { penalty },
      steps,
      batchSize,
      seed,
      ...(signal && { signal }),
    });
    scores ??= new Float64Array(learned.scores.values.length);
    for (const element of learned.circuit.placement.keys()) scores[element] = penalty;
  }
  return scores!;
}
