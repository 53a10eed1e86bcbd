/** @file A metric under masks of its own for every prompt, with its derivative by each mask. */

import type { Model } from "@diopter/model";
import type { Ablation } from "../../ablation/ablation";
import type { EdgeGraph } from "../../graph/edge-graph";
import { denseView } from "../../run/dense";
import { maskFeeds, named, readersOf, replacementFeed } from "../../run/feeds";
import { maskGradients } from "../mask-gradient-extension";
import type { PreparedBatch } from "../prepared-batches";
import { type MetricChoice, metricOfBatch } from "../task-metric";

export interface MaskedRun {
  readonly model: Model;
  readonly graph: EdgeGraph;
  readonly direction: Ablation["direction"];
  readonly metric: MetricChoice;
  readonly signal: AbortSignal | undefined;
}

/** Values by prompt, and derivatives by how much of each edge is kept [prompt, edge] where asked for. */
export async function maskedMetric(
  { model, graph, direction, metric: choice, signal }: MaskedRun,
  batch: PreparedBatch,
  kept: Float64Array,
  { gradients }: { readonly gradients: boolean },
): Promise<{ readonly values: ArrayLike<number>; readonly gradients: Float64Array | undefined }> {
  const { prompts, rows, replacements } = batch;
  const groups = readersOf(graph);
  const form = { mask: { batch: true, pos: false }, values: replacements.form };
  const tokens = model.prepare({ tokens: rows });
  const metric = await metricOfBatch(
    choice,
    batch,
    model.config.dVocabOut,
    async () => batch.clean,
  );
  const view = denseView(graph.shape, form);
  // What is kept of the clean run is not replaced; what is kept of the circuit in the corrupt run is.
  const values = direction === "ablate-clean" ? kept.map((x) => 1 - x) : kept;
  const mask = { batch: prompts.length, pos: 1, values };
  const feeds = { ...named(replacementFeed, replacements.values), ...maskFeeds(groups, mask) };
  const options = { view: { ...view, feeds }, signal };
  if (!gradients)
    return { values: await model.compute(tokens, metric, options), gradients: undefined };
  const found = await model.compute(tokens, maskGradients(groups, metric, prompts.length), options);
  return {
    values: found.values,
    gradients: direction === "ablate-clean" ? found.gradients.map((x) => -x) : found.gradients,
  };
}
