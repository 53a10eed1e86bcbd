/** @file Methods of attribution: EAP (Syed et al. 2023), EAP-IG on inputs and activations (Hanna et al. 2024), gradients by masks (Miller et al. 2024). */

import type { Extension, Outputs, Values } from "@diopter/model";
import { cast, expand, type TensorLike, zip } from "@diopter/tensor";
import type { Form } from "../../ablation/activations";
import { EdgeGraph } from "../../graph/edge-graph";
import { embeddingHooks, sourceHooks } from "../../graph/sources";
import { denseView } from "../../run/dense";
import {
  cleanFeed,
  maskFeeds,
  named,
  readersOf,
  replacementFeed,
  withFeeds,
} from "../../run/feeds";
import { readSources } from "../../run/read-sources";
import { maskGradients } from "../mask-gradient-extension";
import type { AttributionBatch, BatchScores } from "./batch";
import { type ScoreForm, scoreExtension, scoreOutput } from "./score-extension";
import { summedScoreExtension } from "./summed-scores";

/** Only the embedding moves; everything after it follows. Sources differ by their clean and corrupt runs. */
export function eapIgInputs(batch: AttributionBatch): Promise<BatchScores> {
  return integrated(batch, [embeddingHooks(batch.graph.shape)]);
}

/**
 * Gradients at every destination, averaged over all moved layers and points as in EAP-IG 795f560, so that an edge's
 * score also counts the points at which another layer moved.
 */
export function eapIgActivations(batch: AttributionBatch): Promise<BatchScores> {
  return integrated(
    batch,
    sourceHooks(batch.graph.shape).map((hook) => [hook]),
  );
}

/** Scores at points between the clean and the corrupt run, averaged over what is moved: the hooks of a list together. */
async function integrated(
  batch: AttributionBatch,
  moved: readonly (readonly string[])[],
): Promise<BatchScores> {
  const { model, graph, prompts, replacements, points, signal } = batch;
  const corrupt = await replacements.at(prompts);
  const rows = prompts.map(({ clean }) => clean);
  const clean = await readSources(model, graph.shape, rows, { signal });
  const { scores, zeros, pos, summed } = scoreProgram(batch, corrupt.form, "fed");
  const tokens = model.prepare({ tokens: rows });
  const extension = scores({
    ...named(replacementFeed, corrupt.values),
    ...named(cleanFeed, clean.values),
  });
  const total = zeros();
  for (const hooks of moved) {
    for (const { at, weight } of points) {
      const start = Object.fromEntries(
        hooks.map((hook) => [hook, between(clean.values[hook]!, corrupt.values[hook]!, at)]),
      );
      const found = await model.compute(tokens, extension, { start, signal });
      for (let i = 0; i < total.length; i++) total[i]! += (weight / moved.length) * found[i]!;
    }
  }
  const passes = moved.length * points.length;
  return { pos, summed, scores: total, forward: 2 + passes, backward: passes };
}

/** `at` of the way from `a` to `b`, which may be the same for every prompt or position. */
export function between(a: TensorLike, b: TensorLike, at: number): TensorLike {
  const other = expand(b, a.shape);
  return zip(a, cast(other, a.dtype), (x, y) => x + at * (y - x));
}

export async function eap(batch: AttributionBatch): Promise<BatchScores> {
  const { model, prompts, replacements, signal } = batch;
  const values = await replacements.at(prompts);
  const { scores, pos, summed } = scoreProgram(batch, values.form, "live");
  const found = await model.compute(
    { tokens: prompts.map(({ clean }) => clean) },
    scores(named(replacementFeed, values.values)),
    { signal },
  );
  const forward = values.form === "prompt" ? 2 : 1;
  return { pos, summed, scores: found, forward, backward: 1 };
}

/** Every edge's mask stands at the same value, 0 being the clean run; at 0 this is EAP (identity A1). */
export async function maskGradient(batch: AttributionBatch): Promise<BatchScores> {
  const { model, graph, prompts, replacements, metric, detail, points, signal } = batch;
  const positions = detail === "positions";
  const values = await replacements.at(prompts);
  const form = { mask: { batch: true, pos: positions }, values: values.form };
  const view = denseView(graph.shape, form);
  const groups = readersOf(graph);
  const tokens = model.prepare({ tokens: prompts.map(({ clean }) => clean) });
  const pos = positions ? tokens.pos : 1;
  const total = new Float64Array(prompts.length * pos * graph.edgeCount);
  for (const { at, weight } of points) {
    const mask = { batch: prompts.length, pos, values: new Float64Array(total.length).fill(at) };
    const feeds = { ...named(replacementFeed, values.values), ...maskFeeds(groups, mask) };
    const extension = maskGradients(groups, metric, prompts.length * pos);
    const { gradients } = await model.compute(tokens, extension, {
      view: { ...view, feeds },
      signal,
    });
    for (let i = 0; i < total.length; i++) total[i]! += weight * gradients[i]!;
  }
  const read = values.form === "prompt" ? 1 : 0;
  return {
    pos,
    summed: false,
    scores: total,
    forward: read + points.length,
    backward: points.length,
  };
}

interface ScoreProgram {
  /** Scores [batch or 1, pos or 1, edge] when run; `feeds` come on top of those of the metric. */
  scores(feeds: Values): Extension<Float64Array>;
  /** Whether prompts are summed up already. */
  readonly summed: boolean;
  /** Positions in the scores: those of the prompts, or 1. */
  readonly pos: number;
  /** Room for all scores. */
  zeros(): Float64Array;
}

function scoreProgram(
  { model, graph, metric, prompts, detail }: AttributionBatch,
  values: Form,
  sources: ScoreForm["sources"],
): ScoreProgram {
  // An MLP under a shared norm has no input of its own, whose gradient the fast form would need.
  const summed = detail === "sum" && !model.config.sharedNorm;
  const pos = detail === "positions" ? prompts[0]!.clean.length : 1;
  const positions = detail === "positions" ? "each" : "sum";
  const rows = summed ? 1 : prompts.length;
  const extension = summed
    ? summedScoreExtension(graph, metric, { values, sources })
    : scoreExtension(graph, metric, { values, sources, positions }, model.config);
  return {
    scores: (feeds) => ({
      ...withFeeds(extension, feeds),
      read: (outputs) => gathered(graph, outputs, rows, pos),
    }),
    summed,
    pos,
    zeros: () => new Float64Array(rows * pos * graph.edgeCount),
  };
}

/**
 * Scores [batch, pos, edge] from outputs [batch, pos or none, reader, source].
 *
 * The heads of a layer come as queries, keys and values together; a joint input has the sum of its three.
 */
function gathered(graph: EdgeGraph, outputs: Outputs, batch: number, pos: number): Float64Array {
  const edges = graph.edgeCount;
  const scores = new Float64Array(batch * pos * edges);
  const split =
    graph.shape.inputs === "split" ? graph : new EdgeGraph({ ...graph.shape, inputs: "split" });
  const offsets = new Map<string, number>();
  for (const { feed, readers, reads, firstEdge } of readersOf(split)) {
    const { output, target } = placeOf(graph, feed, firstEdge);
    const { data, shape } = outputs[output]! as TensorLike<"float32">;
    const rows = shape.at(-2)!;
    const skip = offsets.get(output) ?? 0;
    offsets.set(output, skip + readers);
    for (let row = 0; row < batch * pos; row++) {
      const from = (row * rows + skip) * reads;
      for (let i = 0; i < readers * reads; i++)
        scores[row * edges + target + i]! += data[from + i]!;
    }
  }
  return scores;
}

function placeOf(
  graph: EdgeGraph,
  feed: string,
  firstEdge: number,
): { output: string; target: number } {
  const [, layer, kind] = feed.split(".") as [string, string, string];
  const heads = kind === "q" || kind === "k" || kind === "v";
  const output = scoreOutput(Number(layer), heads ? "attn" : (kind as "mlp" | "logits"));
  if (graph.shape.inputs === "split") return { output, target: firstEdge };
  const name = heads ? `a${layer}.h0` : kind === "mlp" ? `m${layer}` : "logits";
  return { output, target: graph.destinations[graph.destination(name)]!.firstEdge };
}
